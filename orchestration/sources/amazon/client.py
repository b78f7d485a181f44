"""Amazon's Selling Partner API: searchOrders of the orders API 2026-01-01, behind Login with Amazon.

Source: the vendor's Swagger file. One call in 178.6 s after a burst of 20, 100 orders each, unless the account is
granted more: the first load of a large account takes hours, and goes on from its page where it was cut off.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from orchestration.sources.amazon.settings import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, AmazonSettings
from orchestration.sources.http import Answer, Api, Clock, Pace
from orchestration.sources.secrets import hide

URLS: Final = {
    "na": "https://sellingpartnerapi-na.amazon.com",
    "eu": "https://sellingpartnerapi-eu.amazon.com",
    "fe": "https://sellingpartnerapi-fe.amazon.com",
}
LOGIN_URL: Final = "https://api.amazon.com"
PATH: Final = "/orders/2026-01-01/orders"
ENDPOINT: Final = f"GET {PATH}"
PAGE_SIZE: Final = 100
RATE: Final = 0.0056
BURST: Final = 20
# A call may wait for its turn after its token was put on.
_RENEW_SECONDS_BEFORE: Final = 300


class BucketPace(Pace):
    """Keeps calls within a bucket of `burst` calls that fills by `rate` calls a second."""

    def __init__(self, rate: float, burst: int) -> None:
        super().__init__()
        self.rate = rate
        self._burst = burst
        self._held = float(burst)
        self._counted_at: float | None = None

    def _wait(self, clock: Clock) -> None:
        super()._wait(clock)
        self._fill(clock)
        if self._held < 1:
            clock.sleep((1 - self._held) / self.rate)
            self._fill(clock)
        self._held -= 1

    def _fill(self, clock: Clock) -> None:
        now = clock.monotonic()
        if self._counted_at is not None:
            self._held = min(float(self._burst), self._held + (now - self._counted_at) * self.rate)
        self._counted_at = now


class AmazonClient:
    """One seller account."""

    def __init__(self, settings: AmazonSettings, secrets: Mapping[str, str], clock: Clock) -> None:
        self._pace = BucketPace(RATE, BURST)
        self.api = Api(
            source="amazon",
            url=settings.url or URLS[settings.region],
            headers={},
            clock=clock,
            pace=self._pace,
            # Amazon names no time to wait; a call comes free in this many seconds.
            retry_after=lambda _headers, _body: 1 / self._pace.rate,
            access_advice="check that the application has the role for orders in this region"
            + (", and a restricted one for sources.amazon.recipient" if settings.recipient else ""),
        )
        self._login = Api(
            source="amazon",
            url=settings.login_url or LOGIN_URL,
            headers={},
            clock=clock,
            access_advice=f"check {CLIENT_ID.variable}, {CLIENT_SECRET.variable} and {REFRESH_TOKEN.variable}",
        )
        self._clock = clock
        self._form = {
            "grant_type": "refresh_token",
            "refresh_token": secrets[REFRESH_TOKEN.variable],
            "client_id": secrets[CLIENT_ID.variable],
            "client_secret": secrets[CLIENT_SECRET.variable],
        }
        self._token: str | None = None
        self._token_until = 0.0
        included = ["BUYER", "PROCEEDS", "PROMOTION", "CANCELLATION", "FULFILLMENT"]
        self._asked: dict[str, Any] = {
            "marketplaceIds": ",".join(settings.marketplace_ids),
            "maxResultsPerPage": PAGE_SIZE,
            "includedData": ",".join([*included, *(["RECIPIENT"] if settings.recipient else [])]),
        }

    def orders(self, after: datetime, before: datetime, token: str | None = None) -> Answer:
        """One page of orders changed within [after, before], naive UTC; `token` names a further page of them."""
        params = {**self._asked, "lastUpdatedAfter": _text(after), "lastUpdatedBefore": _text(before)}
        if token is not None:
            params["paginationToken"] = token
        headers = {"x-amz-access-token": self._access_token()}
        answer = self.api.request("GET", PATH, params=params, headers=headers, endpoint=ENDPOINT)
        # Accounts may be granted more than the usual rate; an answer says what holds.
        self._pace.rate = max(RATE, float(answer.headers.get("x-amzn-RateLimit-Limit") or RATE))
        return answer

    def _access_token(self) -> str:
        if self._token is None or self._clock.monotonic() > self._token_until - _RENEW_SECONDS_BEFORE:
            answer = self._login.request("POST", "/auth/o2/token", data=self._form, endpoint="POST /auth/o2/token")
            self._token = str(answer.json["access_token"])
            self._token_until = self._clock.monotonic() + float(answer.json["expires_in"])
            hide([self._token])
        return self._token


def _text(moment: datetime) -> str:
    return moment.replace(tzinfo=UTC, microsecond=0).isoformat().replace("+00:00", "Z")
