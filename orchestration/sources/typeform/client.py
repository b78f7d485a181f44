"""Typeform's Responses API: one form's responses by time of submission, at most 1,000 a page.

Source: https://www.typeform.com/developers/responses/. `since` and `until` are inclusive and to the second; two calls a
second an account (memory).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from orchestration.sources.http import Answer, Api, Clock, Limit, Pace
from orchestration.sources.typeform.settings import TOKEN, Form, TypeformSettings

URL: Final = "https://api.typeform.com"
PAGE_SIZE: Final = 1000
ENDPOINT: Final = "GET /forms/{form_id}/responses"


class TypeformClient:
    """One account."""

    def __init__(self, settings: TypeformSettings, secrets: Mapping[str, str], clock: Clock) -> None:
        self.api = Api(
            source="typeform",
            url=settings.url or URL,
            headers={"Authorization": f"Bearer {secrets[TOKEN.variable]}"},
            clock=clock,
            pace=Pace(Limit(2, 1)),
            access_advice=f"check {TOKEN.variable} and that it may read responses",
        )
        self.forms: Mapping[str, Form] = settings.forms
        self.earliest = settings.start

    def responses(self, form: str, since: datetime | None, until: datetime | None, size: int = PAGE_SIZE) -> Answer:
        """Completed responses submitted within [since, until], both naive UTC, the earliest first."""
        params: dict[str, str | int] = {"page_size": size, "sort": "submitted_at,asc"}
        if since is not None:
            params["since"] = _seconds(since)
        if until is not None:
            params["until"] = _seconds(until)
        return self.api.get(f"/forms/{form}/responses", params, endpoint=f"GET /forms/{form}/responses")

    def newest(self, form: str, size: int) -> Answer:
        """The responses submitted last."""
        return self.api.get(f"/forms/{form}/responses", {"page_size": size}, endpoint=f"GET /forms/{form}/responses")


def _seconds(moment: datetime) -> str:
    return moment.replace(tzinfo=UTC, microsecond=0).isoformat().replace("+00:00", "Z")
