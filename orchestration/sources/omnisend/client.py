"""Omnisend's API, version 2026-03-15: lists with cursors, 400 calls a minute.

Source: the vendor's spec of that version. A 429 says how long to wait in its body (`retryAfter`), not in a header.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import orjson

from orchestration.sources.http import Answer, Api, Clock, Limit, Pace
from orchestration.sources.omnisend.settings import KEY, OmnisendSettings

URL: Final = "https://api.omnisend.com/api"
VERSION: Final = "2026-03-15"
PAGE_SIZE: Final = 250


class OmnisendClient:
    """One brand."""

    def __init__(self, settings: OmnisendSettings, secrets: Mapping[str, str], clock: Clock) -> None:
        self.api = Api(
            source="omnisend",
            url=settings.url or URL,
            headers={"Authorization": f"Omnisend-API-Key {secrets[KEY.variable]}", "Omnisend-Version": VERSION},
            clock=clock,
            pace=Pace(Limit(400, 60)),
            retry_after=retry_after,
            access_advice=f"check {KEY.variable} and its permissions to read contacts, campaigns and automations",
        )

    def pages(
        self, name: str, updated_from: datetime | None, sort: str = "updatedAt", size: int = PAGE_SIZE
    ) -> Iterator[Answer]:
        """Pages of a list (contacts, campaigns, automations), those changed longest ago first.

        Args:
            updated_from: naive UTC; None for all.
            sort: updatedAt, or createdAt for an order that no change moves.
        """
        params: dict[str, str | int] = {"limit": size, "sort": sort, "direction": "asc"}
        if updated_from is not None:
            params["updatedAtFrom"] = updated_from.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
        while True:
            answer = self.api.get(f"/{name}", params)
            yield answer
            paging = answer.json["paging"]
            if not paging.get("hasMore"):
                return
            params["after"] = paging["cursors"]["after"]


def retry_after(_headers: Mapping[str, str], body: bytes) -> float | None:
    """Seconds that a 429 asks to wait, in its body."""
    try:
        said = orjson.loads(body).get("retryAfter")
    except (orjson.JSONDecodeError, AttributeError):
        return None
    return float(said) if isinstance(said, int | float) else None
