"""Yotpo's API: a token for app key and secret, then reviews by page number.

Source: https://apidocs.yotpo.com/reference/retrieve-all-reviews: 5,000 calls a minute, at most 100 reviews each. The
filter `since_date` goes by creation and isn't in the documented parameters at hand (memory): where it is ignored, loads
read more and store the same.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Final

from orchestration.sources.http import Answer, Api, ApiError, Clock, Limit, Pace
from orchestration.sources.secrets import hide
from orchestration.sources.yotpo.settings import SECRET_KEY, YotpoSettings

URL: Final = "https://api.yotpo.com"
PAGE_SIZE: Final = 100
ENDPOINT: Final = "GET /v1/apps/{app_key}/reviews"


class YotpoClient:
    """One store's reviews."""

    def __init__(self, settings: YotpoSettings, secrets: Mapping[str, str], clock: Clock) -> None:
        self.api = Api(
            source="yotpo",
            url=settings.url or URL,
            headers={},
            clock=clock,
            pace=Pace(Limit(5000, 60)),
            access_advice=f"check sources.yotpo.app_key and {SECRET_KEY.variable}",
        )
        self.earliest = datetime.combine(settings.start, time(), UTC).replace(tzinfo=None) if settings.start else None
        self._app_key = settings.app_key
        self._secret = secrets[SECRET_KEY.variable]
        self._token: str | None = None

    def reviews(self, page: int, since: datetime | None = None, size: int = PAGE_SIZE) -> Answer:
        """One page of reviews created on `since`'s day or later, deleted ones among them."""
        try:
            return self._reviews(page, since, size)
        except ApiError as error:
            if error.status != 401:
                raise
            # A token that ran out is refused like a wrong one; a new one tells them apart.
            self._token = None
            return self._reviews(page, since, size)

    def _reviews(self, page: int, since: datetime | None, size: int) -> Answer:
        params: dict[str, str | int] = {"utoken": self._utoken(), "count": size, "page": page, "deleted": "true"}
        if since is not None:
            params["since_date"] = since.date().isoformat()
        return self.api.get(f"/v1/apps/{self._app_key}/reviews", params, endpoint=ENDPOINT)

    def _utoken(self) -> str:
        if self._token is None:
            answer = self.api.request(
                "POST",
                "/oauth/token",
                json={"client_id": self._app_key, "client_secret": self._secret, "grant_type": "client_credentials"},
                endpoint="POST /oauth/token",
            )
            self._token = str(answer.json["access_token"])
            hide([self._token])
        return self._token
