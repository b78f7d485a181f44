"""Klaviyo: profiles by bulk import jobs, one list an audience, membership by profile id. Revision 2026-07-15.

Endpoints, sizes and limits are those of the vendor's spec. A list says who an audience is and never who may be written
to: adding to it leaves consent and suppressions as they are.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Final

import pyarrow as pa
from pydantic import Field

from orchestration.destinations.batches import JOB_MINUTES, ended, json_list, no_problems, packed, problems, rows_as
from orchestration.destinations.destination import (
    FOUND,
    PROBLEMS,
    ContainerGoneError,
    Destination,
    DestinationSettings,
    Erasure,
)
from orchestration.sources.http import Answer, Api, ApiError, Clock, Limit, Pace
from orchestration.sources.klaviyo.client import REVISION, URL
from orchestration.sources.source import Secret

NAME: Final = "klaviyo"
KEY: Final = Secret(
    "KLAVIYO_SYNC_API_KEY",
    "private API key with the scopes profiles:read, profiles:write, lists:read, lists:write and data-privacy:write "
    "(Klaviyo: Settings, API keys)",
)

_JSON: Final = {"Content-Type": "application/vnd.api+json"}
# Burst a second and steady a minute, for each endpoint of an account: x-klaviyo-ratelimit in the vendor's spec.
LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "GET /api/profiles": (75, 750),
    "POST /api/profile-bulk-import-jobs": (10, 150),
    "GET /api/profile-bulk-import-jobs/{id}": (10, 150),
    "GET /api/profile-bulk-import-jobs/{id}/import-errors": (10, 150),
    "GET /api/lists": (75, 750),
    "POST /api/lists": (10, 150),
    "POST /api/lists/{id}/relationships/profiles": (10, 150),
    "DELETE /api/lists/{id}/relationships/profiles": (10, 150),
    "POST /api/data-privacy-deletion-jobs": (3, 60),
}
_MINUTE: Final = 60.0
_PROFILES_A_PAGE: Final = 100
# Addresses are longer than this hardly ever; the filter travels in the address of the request.
_FILTER_BYTES: Final = 4_000
_PROFILES_A_JOB: Final = 10_000
# 5 MB a request, what stands around the profiles left out.
_JOB_BYTES: Final = 5_000_000 - 1_000
_PROFILE_BYTES: Final = 100_000
_ERRORS_A_PAGE: Final = 100
_SECONDS_BEFORE_LOOKING_AGAIN: Final = 1.0
_AT_ONCE: Final = 4
_NOT_FOUND: Final = 404
_TRIES_TO_CREATE: Final = 4

_PROFILE_SQL: Final = """
    '{"type":"profile","attributes":{"email":' || to_json(email) || ',"properties":{' || properties || '}}'
    || case when len(cleared) > 0
        then ',"meta":{"patch_properties":{"unset":' || to_json(cleared) || '}}' else '' end
    || '}'
"""


class KlaviyoSettings(DestinationSettings):
    """`destinations.klaviyo` in shop.yml. `list_prefix` begins the names of the lists we make."""

    list_prefix: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\"\\]+$")] = "Second Order: "


class KlaviyoClient:
    """One account."""

    needs_ids = True
    write_rows = 50_000
    member_rows = 1_000

    def __init__(self, settings: KlaviyoSettings, secrets: Mapping[str, str], clock: Clock) -> None:
        self._prefix = settings.list_prefix
        self.api = Api(
            source=NAME,
            url=settings.url or URL,
            headers={
                "Authorization": f"Klaviyo-API-Key {secrets[KEY.variable]}",
                "revision": REVISION,
                "Accept": "application/vnd.api+json",
            },
            clock=clock,
            access_advice=f"check {KEY.variable} and its scopes (Klaviyo: Settings, API keys)",
        )
        self._paces = {
            endpoint: Pace(Limit(burst, 1.0), Limit(steady, _MINUTE)) for endpoint, (burst, steady) in LIMITS.items()
        }

    def look_up(self, people: pa.Table) -> pa.Table:
        """Ids and standing of profiles, 100 a call; who unsubscribed or is suppressed there is blocked."""
        quoted = rows_as(people, "to_json(email)")
        parts = [quoted[start:end] for start, end in packed(quoted, _PROFILES_A_PAGE, _FILTER_BYTES)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            answers = list(pool.map(self._profiles_of, parts))
        rows = [row for found in answers for row in found]
        return pa.Table.from_pylist(rows, schema=FOUND)

    def write(self, people: pa.Table) -> pa.Table:
        """Import jobs of up to 10,000 profiles and 5 MB, polled to their end; their errors are asked for."""
        emails = people["email"].to_pylist()
        texts = rows_as(people, _PROFILE_SQL)
        large = [email for email, text in zip(emails, texts, strict=True) if len(text.encode()) > _PROFILE_BYTES]
        found = [problems(large, f"its values take more than {_PROFILE_BYTES:,} bytes")]
        if large:
            small = [index for index, text in enumerate(texts) if len(text.encode()) <= _PROFILE_BYTES]
            emails, texts = [emails[index] for index in small], [texts[index] for index in small]
        jobs: list[tuple[str, list[str]]] = []
        for start, end in packed(texts, _PROFILES_A_JOB, _JOB_BYTES):
            found.extend(self._start(emails[start:end], texts[start:end], jobs))
        found.extend(self._finish(job, of) for job, of in jobs)
        return pa.concat_tables(found)

    def container(self, audience: str) -> str:
        """The id of the audience's list. A second list of one name must not come to be: it is looked for first."""
        name = f"{self._prefix}{audience}"
        for attempt in range(1, _TRIES_TO_CREATE + 1):
            for answer in self._pages("GET /api/lists", "/api/lists", {"filter": f'equals(name,"{name}")'}):
                for one in answer.json["data"]:
                    if one["attributes"]["name"] == name:
                        return str(one["id"])
            body = {"data": {"type": "list", "attributes": {"name": name}}}
            try:
                return str(self._send("POST /api/lists", "/api/lists", body, repeatable=False).json["data"]["id"])
            except ApiError as error:
                # Whether it was made isn't known: look again.
                if (error.status is not None and error.status < 500) or attempt == _TRIES_TO_CREATE:
                    raise
                self.api.clock.sleep(_SECONDS_BEFORE_LOOKING_AGAIN)
        raise AssertionError("unreachable")

    def add(self, container: str, people: pa.Table) -> pa.Table:
        """Up to 1,000 profiles into a list."""
        return self._members("POST /api/lists/{id}/relationships/profiles", container, people)

    def remove(self, container: str, people: pa.Table) -> pa.Table:
        """Up to 1,000 profiles out of a list."""
        return self._members("DELETE /api/lists/{id}/relationships/profiles", container, people)

    def erase(self, email: str, containers: Sequence[str], properties: Sequence[str]) -> Erasure:  # noqa: ARG002
        """Klaviyo's own erasure: the profile goes with its lists and values; done by Klaviyo within days."""
        profile = {"type": "profile", "attributes": {"email": email}}
        body = {"data": {"type": "data-privacy-deletion-job", "attributes": {"profile": {"data": profile}}}}
        self._send("POST /api/data-privacy-deletion-jobs", "/api/data-privacy-deletion-jobs", body, expected=202)
        return Erasure(("asked Klaviyo to delete the profile with its lists and values (data privacy deletion job)",))

    def close(self) -> None:
        """Close its connections."""
        self.api.close()

    def _profiles_of(self, quoted: Sequence[str]) -> list[dict[str, str | None]]:
        query = {
            "filter": f"any(email,[{','.join(quoted)}])",
            "additional-fields[profile]": "subscriptions",
            "fields[profile]": "email,subscriptions.email.marketing.consent,subscriptions.email.marketing.suppression",
            "page[size]": str(_PROFILES_A_PAGE),
        }
        return [
            {
                "email": str(profile["attributes"]["email"]).lower(),
                "vendor_id": profile["id"],
                "blocked": _blocked(profile["attributes"]),
            }
            for answer in self._pages("GET /api/profiles", "/api/profiles", query)
            for profile in answer.json["data"]
        ]

    def _start(self, emails: list[str], texts: list[str], jobs: list[tuple[str, list[str]]]) -> list[pa.Table]:
        """Start one import; a part that is refused is halved until what is wrong stands alone."""
        body = {
            "data": {
                "type": "profile-bulk-import-job",
                "attributes": {"profiles": {"data": json_list(texts)}},
            }
        }
        try:
            answer = self._send("POST /api/profile-bulk-import-jobs", "/api/profile-bulk-import-jobs", body)
        except ApiError as error:
            if error.status not in (400, 413, 422):
                raise
            if len(emails) == 1:
                return [problems(emails, error.message)]
            half = len(emails) // 2
            return [
                *self._start(emails[:half], texts[:half], jobs),
                *self._start(emails[half:], texts[half:], jobs),
            ]
        jobs.append((str(answer.json["data"]["id"]), emails))
        return []

    def _finish(self, job: str, emails: list[str]) -> pa.Table:
        """Wait until an import has ended and ask for what it refused."""

        def look() -> dict[str, Any]:
            found = self._get("GET /api/profile-bulk-import-jobs/{id}", f"/api/profile-bulk-import-jobs/{job}")
            return dict(found.json["data"]["attributes"])

        attributes = ended(look, ("complete", "cancelled"), self.api.clock)
        if attributes is None:
            return problems(emails, f"import job {job} didn't end within {JOB_MINUTES} minutes")
        if attributes["status"] == "cancelled":
            return problems(emails, f"Klaviyo cancelled import job {job}")
        if not attributes.get("failed_count"):
            return no_problems()
        errors = [
            error
            for answer in self._pages(
                "GET /api/profile-bulk-import-jobs/{id}/import-errors",
                f"/api/profile-bulk-import-jobs/{job}/import-errors",
                {"page[size]": str(_ERRORS_A_PAGE)},
            )
            for error in answer.json["data"]
        ]
        return pa.Table.from_pylist(
            [{"email": _whose(error["attributes"], emails), "problem": _said(error["attributes"])} for error in errors],
            schema=PROBLEMS,
        )

    def _members(self, endpoint: str, container: str, people: pa.Table) -> pa.Table:
        data = rows_as(people, """'{"type":"profile","id":' || to_json(vendor_id) || '}'""")
        body = {"data": json_list(data)}
        try:
            self._send(endpoint, f"/api/lists/{container}/relationships/profiles", body, expected=204)
        except ApiError as error:
            if error.status != _NOT_FOUND:
                raise
            if self._is_there(container):
                if endpoint.startswith("DELETE") and people.num_rows == 1:
                    # The profile was deleted at Klaviyo, and is in no list any more.
                    return no_problems()
                raise
            raise ContainerGoneError(
                f"klaviyo: list {container} isn't there any more; the next run makes it again", exit_code=1
            ) from None
        return no_problems()

    def _is_there(self, container: str) -> bool:
        """A 404 may be about a profile as well as about the list."""
        query = {"filter": f'equals(id,"{container}")'}
        return any(answer.json["data"] for answer in self._pages("GET /api/lists", "/api/lists", query))

    def _pages(self, endpoint: str, path: str, params: Mapping[str, str]) -> list[Answer]:
        answers = [self._get(endpoint, path, params)]
        while link := (answers[-1].json.get("links") or {}).get("next"):
            answers.append(self._get(endpoint, link))
        return answers

    def _get(self, endpoint: str, path: str, params: Mapping[str, str] | None = None) -> Answer:
        return self.api.get(path, params, endpoint=endpoint, pace=self._paces[endpoint])

    def _send(
        self, endpoint: str, path: str, body: Any, *, expected: int | None = None, repeatable: bool = True
    ) -> Answer:
        """`expected`: the status of success where the answer has no body."""
        return self.api.request(
            endpoint.split(" ")[0], path, json=body, headers=_JSON, endpoint=endpoint, pace=self._paces[endpoint],
            decode=expected is None, expected=expected, repeatable=repeatable,
        )  # fmt: skip


def _blocked(attributes: Mapping[str, Any]) -> str | None:
    """Why nothing may be sent to a profile. Without any consent noted there, the warehouse's says what holds."""
    marketing = ((attributes.get("subscriptions") or {}).get("email") or {}).get("marketing") or {}
    if marketing.get("suppression"):
        return "suppressed at Klaviyo"
    return "unsubscribed at Klaviyo" if marketing.get("consent") == "UNSUBSCRIBED" else None


def _whose(error: Mapping[str, Any], emails: Sequence[str]) -> str:
    """The e-mail an import error is about: that of the profile it repeats, else of the place it points to."""
    original = error.get("original_payload") or {}
    email = (original.get("attributes") or original).get("email")
    if email:
        return str(email).lower()
    place = [part for part in ((error.get("source") or {}).get("pointer") or "").split("/") if part.isdigit()]
    return emails[int(place[0])] if place and int(place[0]) < len(emails) else ""


def _said(error: Mapping[str, Any]) -> str:
    return f"{error['code']}: {error['detail'] or error['title']}"


def _connect(settings: KlaviyoSettings, secrets: Mapping[str, str], clock: Clock) -> KlaviyoClient:
    return KlaviyoClient(settings, secrets, clock)


DESTINATION = Destination(NAME, "Klaviyo", KlaviyoSettings, (KEY,), _connect)
