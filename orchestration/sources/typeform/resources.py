"""Typeform's responses, as `raw_typeform.responses`, and what the shop says its forms ask, as `raw_typeform.forms`.

A response's id is unique only within its form: it is stored as `form:response`. The respondent's network id, which
Typeform makes of the IP address, is left out before anything is stored. Each form remembers how far it was read, so
that a form named later brings its whole history.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.sources.landing import under, without
from orchestration.sources.shape import records
from orchestration.sources.source import Finding, Page, Source, SourceError, State, Stream, Window
from orchestration.sources.typeform.client import ENDPOINT, PAGE_SIZE, TypeformClient
from orchestration.sources.typeform.settings import TOKEN, TypeformSettings

NAME = "typeform"
# Responses are processed in seconds; a day is for those that were filled in offline or arrive late.
_OVERLAP = timedelta(days=1)
# As many as the doctor looks at.
_LOOKED_AT = 25
_SCALES = {"nps": (0, 10), "csat": (1, 5)}


def _read_forms(client: TypeformClient, _window: Window, _state: State) -> Iterator[Page]:
    forms = [{"id": form, **settings.model_dump()} for form, settings in client.forms.items()]
    yield records(NAME, FORMS, orjson.dumps({"forms": forms}), at="$.forms")


def _read_responses(client: TypeformClient, window: Window, state: State) -> Iterator[Page]:
    # Submitted before the window's end: the API's own end is inclusive.
    until = window.end - timedelta(seconds=1)
    for form in client.forms:
        since = _start(client, form, window, state)
        while True:
            answer = client.responses(form, since, until)
            page = _landed(form, answer.body)
            last = pc.max(page.rows["updated_at"]).as_py() if page.rows.num_rows else None
            if last is not None:
                state[form] = last.isoformat()
            yield page
            if page.rows.num_rows < PAGE_SIZE or last is None:
                break
            if last == since:
                raise SourceError(
                    NAME,
                    ENDPOINT,
                    f"form {form} has {PAGE_SIZE:,} responses in one second ({last}): paging can't pass it",
                )
            since = last


def _start(client: TypeformClient, form: str, window: Window, state: State) -> datetime | None:
    if form in state:
        return datetime.fromisoformat(state[form]) - _OVERLAP
    # Other forms were read before: this one is new. None was: the first load, or a backfill of the window.
    if state and client.earliest is None:
        return None
    return datetime.combine(client.earliest, time()) if state and client.earliest else window.start


def _present(client: TypeformClient) -> Iterator[pa.Table]:
    for form in client.forms:
        since = datetime.combine(client.earliest, time()) if client.earliest else None
        while True:
            rows = _landed(form, client.responses(form, since, None).body).rows
            yield rows.select(["id"])
            last = pc.max(rows["updated_at"]).as_py() if rows.num_rows else None
            if rows.num_rows < PAGE_SIZE or last == since:
                break
            since = last


def _landed(form: str, body: bytes) -> Page:
    page = records(NAME, RESPONSES, body, at="$.items")
    return without(under(page, form), {"metadata": {"network_id": None}})


def _check(client: TypeformClient) -> list[Finding]:
    found = []
    for form, settings in client.forms.items():
        what = f"form {form}"
        items = client.newest(form, _LOOKED_AT).json["items"]
        answers = [answer for item in items for answer in item.get("answers") or []]
        asked = {name for answer in answers for name in (answer["field"].get("ref"), answer["field"].get("id"))}
        hidden = {name for item in items for name in item.get("hidden") or {}}
        scores = [
            answer["number"]
            for answer in answers
            if settings.score in (answer["field"].get("ref"), answer["field"].get("id")) and "number" in answer
        ]
        low, high = _SCALES.get(settings.survey_type, (float("-inf"), float("inf")))
        place = f"sources.typeform.forms.{form}"
        if not items:
            found.append(Finding(what, True, "no responses yet"))
        elif settings.score and settings.score not in asked:
            found.append(
                Finding(what, False, f"none of {len(items)} responses answers {settings.score}", f"check {place}.score")
            )
        elif any(not low <= score <= high for score in scores):
            found.append(
                Finding(what, False, f"scores aren't {low} to {high}", f"check {place}.survey_type, or call it other")
            )
        elif not hidden & {settings.order_id, settings.email, settings.customer_id}:
            found.append(
                Finding(
                    what,
                    False,
                    "its hidden fields name no order, e-mail or customer",
                    f"pass them to the form, or name them in {place}",
                )
            )
        else:
            found.append(Finding(what, True, f"{len(items)} newest responses looked at"))
    return found


FORMS = Stream(
    name="forms",
    endpoint="shop.yml sources.typeform.forms",
    required={"$.survey_type": "text"},
    read=_read_forms,
    snapshot=True,
)
RESPONSES = Stream(
    name="responses",
    endpoint=ENDPOINT,
    key="$.response_id",
    cursor="$.submitted_at",
    required={"$.submitted_at": "moment", "$.answers": "array?", "$.hidden": "object?"},
    read=_read_responses,
    overlap=_OVERLAP,
    present=_present,
)

SOURCE = Source(
    name=NAME,
    title="Typeform",
    settings=TypeformSettings,
    secrets=(TOKEN,),
    streams=(FORMS, RESPONSES),
    connect=TypeformClient,
    check=_check,
)
