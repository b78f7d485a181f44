"""Smile.io's REST API: lists with cursors, the newest id first, ten calls a second.

Source: https://dev.smile.io/api. Only plans Plus and Enterprise may use it. There is no list of referrals.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from orchestration.sources.http import Answer, Api, Clock, Limit, Pace
from orchestration.sources.smile.settings import TOKEN, SmileSettings

URL: Final = "https://api.smile.io/v1"
PAGE_SIZE: Final = 250


class SmileClient:
    """One programme."""

    def __init__(self, settings: SmileSettings, secrets: Mapping[str, str], clock: Clock) -> None:
        self.api = Api(
            source="smile",
            url=settings.url or URL,
            headers={"Authorization": f"Bearer {secrets[TOKEN.variable]}"},
            clock=clock,
            pace=Pace(Limit(10, 1)),
            access_advice=f"check {TOKEN.variable} and that the plan (Plus or Enterprise) includes the API",
        )

    def pages(self, name: str, updated_from: datetime | None, size: int = PAGE_SIZE) -> Iterator[Answer]:
        """Pages of `customers` or `points_transactions` changed at `updated_from` (naive UTC; None: ever) or later."""
        params: dict[str, str | int] = {"limit": size}
        if name == "customers":
            params["include"] = "vip_status"
        if updated_from is not None:
            params["updated_at_min"] = updated_from.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
        while True:
            answer = self.api.get(f"/{name}", params)
            yield answer
            cursor = (answer.json.get("metadata") or {}).get("next_cursor")
            if not cursor:
                return
            params["cursor"] = cursor

    def tiers(self) -> Answer:
        """All VIP tiers: this list has no pages."""
        return self.api.get("/vip_tiers")
