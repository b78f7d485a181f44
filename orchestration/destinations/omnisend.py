"""Omnisend: contacts with their values, one tag an audience. Version 2026-03-15.

A contact is written with `sendWelcomeMessage: false` and without channels, so that its consent stays as it is and no
message goes out. Tags are put on and taken off for up to 250 e-mails a call, and only on contacts that exist.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import orjson
import pyarrow as pa
from pydantic import Field

from orchestration.destinations.batches import JOB_MINUTES, ended, json_list, no_problems, packed, problems, rows_as
from orchestration.destinations.destination import FOUND, PROBLEMS, Destination, DestinationSettings, Erasure
from orchestration.sources.http import Api, ApiError, Clock, Limit, Pace
from orchestration.sources.omnisend.client import URL, VERSION, retry_after
from orchestration.sources.source import Secret

NAME: Final = "omnisend"
KEY: Final = Secret(
    "OMNISEND_SYNC_API_KEY", "API key (Omnisend, Store settings, API keys) that may read and write contacts"
)

_CONTACTS_A_BATCH: Final = 100
_CONTACTS_A_PAGE: Final = 250
# The API states no size; a gateway's usual megabyte is kept well below.
_BATCH_BYTES: Final = 900_000
# So many are asked for one by one; from there on it is fewer calls to read who unsubscribed.
_ASKED_ONE_BY_ONE: Final = 100
_NOT_FOUND: Final = 404
_ACCEPTED: Final = 202

_IDENTIFIER: Final = """'"identifiers":[{"type":"email","id":' || to_json(email) || ',"sendWelcomeMessage":false}]'"""
_VALUES: Final = """
    '"customProperties":{' || concat_ws(
        ',',
        nullif(properties, ''),
        nullif(array_to_string(list_transform(cleared, lambda name: to_json(name) || ':null'), ','), '')
    ) || '}'
"""


class OmnisendSettings(DestinationSettings):
    """`destinations.omnisend` in shop.yml. `tag_prefix` begins the names of our tags."""

    tag_prefix: Annotated[str, Field(min_length=1, max_length=40)] = "second-order: "


class OmnisendDestination:
    """One brand."""

    needs_ids = False
    # Forty batches at once.
    write_rows = 4_000
    member_rows = 250

    def __init__(self, settings: OmnisendSettings, secrets: Mapping[str, str], clock: Clock) -> None:
        self._prefix = settings.tag_prefix
        self.api = Api(
            source=NAME,
            url=settings.url or URL,
            headers={"Authorization": f"Omnisend-API-Key {secrets[KEY.variable]}", "Omnisend-Version": VERSION},
            clock=clock,
            pace=Pace(Limit(400, 60)),
            retry_after=retry_after,
            access_advice=f"check {KEY.variable} and its permissions to read and write contacts",
        )
        self._tagging = Pace(Limit(60, 60))

    def look_up(self, people: pa.Table) -> pa.Table:
        """Who of these people unsubscribed at Omnisend. Ids aren't needed: e-mails serve everywhere."""
        emails = people["email"].to_pylist()
        if len(emails) <= _ASKED_ONE_BY_ONE:
            rows = [row for email in emails for row in self._contacts({"email": email})]
        else:
            wanted = set(emails)
            rows = [row for row in self._contacts({"status": "unsubscribed"}) if row["email"] in wanted]
        return pa.Table.from_pylist(rows, schema=FOUND)

    def write(self, people: pa.Table) -> pa.Table:
        """Contacts in batches of 100; those with values to clear one by one, since only then the answer shows them."""
        has_cleared = people.filter(pa.compute.greater(pa.compute.list_value_length(people["cleared"]), 0))
        others = people.filter(pa.compute.equal(pa.compute.list_value_length(people["cleared"]), 0))
        found = [self._clear(has_cleared)]
        emails = others["email"].to_pylist()
        texts = rows_as(others, f"'{{' || {_IDENTIFIER} || ',' || {_VALUES} || '}}'")
        started = [
            (self._start(texts[start:end]), emails[start:end])
            for start, end in packed(texts, _CONTACTS_A_BATCH, _BATCH_BYTES)
        ]
        found.extend(self._finish(batch, of) for batch, of in started)
        return pa.concat_tables(found)

    def container(self, audience: str) -> str:
        """The audience's tag, which comes to be with the first contact that bears it."""
        return f"{self._prefix}{audience}"

    def add(self, container: str, people: pa.Table) -> pa.Table:
        """Put the tag on up to 250 contacts."""
        return self._tag("POST", container, people)

    def remove(self, container: str, people: pa.Table) -> pa.Table:
        """Take the tag off up to 250 contacts."""
        return self._tag("DELETE", container, people)

    def erase(self, email: str, containers: Sequence[str], properties: Sequence[str]) -> Erasure:
        """Tags and values of ours go; the API has no way to delete a contact."""
        done = []
        if containers:
            self.api.request(
                "DELETE", "/contacts/tags", json={"emails": [email], "tags": list(containers)}, pace=self._tagging,
                decode=False, expected=_ACCEPTED,
            )  # fmt: skip
            done.append(f"removed {len(containers)} tags of ours")
        if properties:
            try:
                self.api.request(
                    "PATCH", "/contacts", params={"email": email}, endpoint="PATCH /contacts",
                    json={"customProperties": dict.fromkeys(properties)},
                )  # fmt: skip
            except ApiError as error:
                if error.status != _NOT_FOUND:
                    raise
            done.append(f"cleared {len(properties)} values of ours")
        return Erasure(
            tuple(done),
            ("delete the contact in Omnisend itself (Audience, the contact, Delete): its API has no call for it",),
        )

    def close(self) -> None:
        """Close its connections."""
        self.api.close()

    def _contacts(self, params: Mapping[str, str]) -> list[dict[str, str | None]]:
        query: dict[str, Any] = {"limit": _CONTACTS_A_PAGE, **params}
        rows: list[dict[str, str | None]] = []
        while True:
            answer = self.api.get("/contacts", query, endpoint="GET /contacts").json
            rows.extend(
                {
                    "email": str(contact.get("email", "")).lower(),
                    "vendor_id": contact["id"],
                    "blocked": "unsubscribed at Omnisend" if contact.get("status") == "unsubscribed" else None,
                }
                for contact in answer["contacts"]
            )
            if not answer["paging"].get("hasMore"):
                return rows
            query["after"] = answer["paging"]["cursors"]["after"]

    def _start(self, texts: Sequence[str]) -> str:
        body = {"endpoint": "contacts", "method": "POST", "items": json_list(texts)}
        return str(self.api.request("POST", "/batches", json=body).json["batchID"])

    def _finish(self, batch: str, emails: Sequence[str]) -> pa.Table:
        answer = ended(
            lambda: dict(self.api.get(f"/batches/{batch}", endpoint="GET /batches/{batchID}").json),
            ("finished", "stopped"),
            self.api.clock,
        )
        if answer is None:
            return problems(emails, f"batch {batch} didn't end within {JOB_MINUTES} minutes")
        if answer["status"] == "stopped":
            return problems(emails, f"Omnisend stopped batch {batch}")
        if not answer.get("errorsCount"):
            return no_problems()
        items = self.api.get(f"/batches/{batch}/items", endpoint="GET /batches/{batchID}/items").json
        return pa.Table.from_pylist(
            [
                {"email": str(item["request"]["identifiers"][0]["id"]).lower(), "problem": _said(item)}
                for item in items["errors"]
            ],
            schema=PROBLEMS,
        )

    def _clear(self, people: pa.Table) -> pa.Table:
        """Write contacts whose values are gone, and see that they are: null isn't documented to clear one."""
        texts = rows_as(people, f"'{{' || {_IDENTIFIER} || ',' || {_VALUES} || '}}'")
        refused = []
        for email, cleared, text in zip(people["email"].to_pylist(), people["cleared"].to_pylist(), texts, strict=True):
            try:
                contact = self.api.request("POST", "/contacts", json=orjson.Fragment(text)).json
            except ApiError as error:
                if error.status not in (400, 409, 422):
                    raise
                refused.append({"email": email, "problem": error.message})
                continue
            left = [name for name in cleared if (contact.get("customProperties") or {}).get(name) not in (None, "")]
            if left:
                refused.append({"email": email, "problem": f"Omnisend kept the value of {', '.join(left)}"})
        return pa.Table.from_pylist(refused, schema=PROBLEMS)

    def _tag(self, method: str, container: str, people: pa.Table) -> pa.Table:
        body = {"emails": people["email"].to_pylist(), "tags": [container]}
        self.api.request(method, "/contacts/tags", json=body, decode=False, expected=_ACCEPTED, pace=self._tagging)
        return no_problems()


def _said(item: Mapping[str, Any]) -> str:
    """A batch item's error: the vendor's problem document where there is one."""
    response = item.get("response") or {}
    fields = "; ".join(f"{error.get('field')}: {error.get('message')}" for error in response.get("errors") or [])
    return f"{item.get('responseCode')}: {fields or response.get('detail') or response.get('title') or 'refused'}"


def _connect(settings: OmnisendSettings, secrets: Mapping[str, str], clock: Clock) -> OmnisendDestination:
    return OmnisendDestination(settings, secrets, clock)


DESTINATION = Destination(NAME, "Omnisend", OmnisendSettings, (KEY,), _connect)
