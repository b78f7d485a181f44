"""Judge.me's API: one list of reviews by page number.

Source: https://judge.me/api/docs. The token goes in the query, so addresses are never logged. There is no filter by
time, the newest review comes first, and no limit is published: five calls a second at most, and what a 429 says.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Final

from orchestration.sources.http import Answer, Api, Clock, Limit, Pace
from orchestration.sources.judgeme.settings import TOKEN, JudgemeSettings

URL: Final = "https://judge.me/api/v1"
PAGE_SIZE: Final = 100
ENDPOINT: Final = "GET /reviews"


class JudgemeClient:
    """One shop's reviews."""

    def __init__(self, settings: JudgemeSettings, secrets: Mapping[str, str], clock: Clock) -> None:
        self.api = Api(
            source="judgeme",
            url=settings.url or URL,
            headers={},
            clock=clock,
            pace=Pace(Limit(5, 1)),
            access_advice=f"check {TOKEN.variable} (the private token) and sources.judgeme.shop_domain",
        )
        self.earliest = datetime.combine(settings.start, time(), UTC).replace(tzinfo=None) if settings.start else None
        self._access = {"shop_domain": settings.shop_domain, "api_token": secrets[TOKEN.variable]}

    def reviews(self, page: int, size: int = PAGE_SIZE) -> Answer:
        """One page of reviews, the newest first."""
        return self.api.get("/reviews", {**self._access, "page": page, "per_page": size}, endpoint=ENDPOINT)
