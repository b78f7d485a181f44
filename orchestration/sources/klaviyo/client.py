"""Klaviyo's API, revision 2026-07-15: JSON:API pages of up to 1,000 records, linked by `links.next`."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestration.sources.http import Answer, Api, ApiError, Clock, Limit, Pace
from orchestration.sources.klaviyo.settings import SECRETS, KlaviyoSettings
from orchestration.sources.shape import texts_at

REVISION: Final = "2026-07-15"
URL: Final = "https://a.klaviyo.com"

# Fixed windows of a second and a minute, for each endpoint of an account: x-klaviyo-ratelimit in the vendor's spec.
LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "/api/events": (350, 3500),
    "/api/metrics": (10, 150),
    "/api/profiles": (75, 750),
    "/api/lists": (75, 750),
    "/api/flows": (3, 60),
    "/api/campaigns": (10, 150),
}
_MINUTE: Final = 60.0
_BAD_REQUEST: Final = 400


class Klaviyo:
    """Reads one Klaviyo account."""

    def __init__(self, settings: KlaviyoSettings, secrets: Mapping[str, str], clock: Clock) -> None:
        self.api = Api(
            source="klaviyo",
            url=settings.url or URL,
            headers={
                "Authorization": f"Klaviyo-API-Key {secrets[SECRETS[0].variable]}",
                "revision": REVISION,
                "Accept": "application/vnd.api+json",
            },
            clock=clock,
            access_advice=f"check {SECRETS[0].variable} and its scopes (Klaviyo: Settings, API keys)",
        )
        self.paces = {path: Pace(Limit(burst, 1.0), Limit(steady, _MINUTE)) for path, (burst, steady) in LIMITS.items()}

    def pages(self, path: str, params: Mapping[str, str]) -> Iterator[Answer]:
        """Every page of a listing, of which `json` is an outline. `path` is a key of `LIMITS`.

        Raises:
            CursorExpiredError: Klaviyo no longer knows the link to the next page: ask anew from the last record seen.
        """
        endpoint = f"GET {path}"
        answer = self.api.get(path, params, endpoint=endpoint, pace=self.paces[path], decoder=_outline)
        while True:
            yield answer
            link = answer.json["next"]
            if not link:
                return
            try:
                answer = self.api.get(link, endpoint=endpoint, pace=self.paces[path], decoder=_outline)
            except ApiError as error:
                if error.status == _BAD_REQUEST:
                    raise CursorExpiredError(endpoint) from error
                raise


def _outline(body: bytes) -> dict[str, Any]:
    """What paging needs to know: the link to the next page (`next`), and whether more than data came (`included`).

    Records themselves are read by SQL. To make objects of them here as well was a third of a load's work.
    """
    found = texts_at(body, ("$.links.next", "$.included[0].type"))
    if found is None:
        raise ValueError("not JSON")
    return {"next": found[0], "included": found[1] is not None}


class CursorExpiredError(Exception):
    """A page's link is no longer good."""
