"""Yotpo Loyalty's API: one member a call, by e-mail.

Source: https://loyaltyapi.yotpo.com/reference. `with_history` and `with_referral_code` are from public code that calls
it. No limit is published: ten calls a second at most, and the usual waits after a 429.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from orchestration.sources.http import Answer, Api, ApiError, Clock, Limit, Pace
from orchestration.sources.yotpo_loyalty.settings import GUID, KEY, YotpoLoyaltySettings

URL: Final = "https://loyalty.yotpo.com/api/v2"
ENDPOINT: Final = "GET /customers"


class YotpoLoyaltyClient:
    """One programme."""

    def __init__(self, settings: YotpoLoyaltySettings, secrets: Mapping[str, str], clock: Clock) -> None:
        self.api = Api(
            source="yotpo_loyalty",
            url=settings.url or URL,
            headers={"x-guid": secrets[GUID.variable], "x-api-key": secrets[KEY.variable]},
            clock=clock,
            pace=Pace(Limit(10, 1)),
            access_advice=f"check {GUID.variable} and {KEY.variable}",
        )
        self.members: Path = settings.members
        self.calls_a_run = settings.calls_a_run

    def member(self, email: str) -> Answer | None:
        """One member with history and referral code; None if the programme knows nobody of that address."""
        params = {"customer_email": email, "with_history": "true", "with_referral_code": "true"}
        try:
            return self.api.get("/customers", params, endpoint=ENDPOINT)
        except ApiError as error:
            if error.status == 404:
                return None
            raise
