"""Yotpo Loyalty's members with their history of points, as `raw_yotpo_loyalty.customers`.

The API says which tier a member is in now: `customer_tiers` keeps, by member and month of the load, the tier that a
load saw. A member the programme no longer knows is kept as just that, without history.
"""

from collections.abc import Iterator
from typing import Final

import orjson

from orchestration.sources.shape import records
from orchestration.sources.source import Finding, Page, Source, State, Stream, Window
from orchestration.sources.yotpo_loyalty.client import ENDPOINT, YotpoLoyaltyClient
from orchestration.sources.yotpo_loyalty.settings import GUID, KEY, YotpoLoyaltySettings, read_members

NAME = "yotpo_loyalty"
_MEMBERS_A_PAGE: Final = 100


def _read(client: YotpoLoyaltyClient, window: Window, state: State) -> Iterator[Page]:
    members = read_members(client.members)
    behind = [email for email in members if email > state.get("asked_up_to", "")]
    asked = (behind or members)[: client.calls_a_run]
    for start in range(0, len(asked), _MEMBERS_A_PAGE):
        batch = asked[start : start + _MEMBERS_A_PAGE]
        found = {email: client.member(email) for email in batch}
        customers = [
            {**(answer.json if answer else {"is_unknown": True}), "email": email} for email, answer in found.items()
        ]
        tiers = [
            {"id": f"{email}:{answer.json['vip_tier_name']}:{window.end:%Y-%m}", "email": email,
             "vip_tier_name": answer.json["vip_tier_name"]}
            for email, answer in found.items() if answer and answer.json.get("vip_tier_name")
        ]  # fmt: skip
        yield records(NAME, CUSTOMER_TIERS, orjson.dumps({"tiers": tiers}), at="$.tiers")
        state["asked_up_to"] = batch[-1]
        yield records(NAME, CUSTOMERS, orjson.dumps({"customers": customers}), at="$.customers")


def _check(client: YotpoLoyaltyClient) -> list[Finding]:
    members = read_members(client.members)
    known = client.member(members[0]) is not None if members else False
    runs = -(-len(members) // client.calls_a_run)
    return [
        Finding("members", bool(members), f"{len(members):,} in {client.members.name}, {runs:,} runs to ask about all",
                "" if members else "put the programme's members into the file"),
        Finding(ENDPOINT, True, "readable" if known else "readable, but it doesn't know the first member"),
    ]  # fmt: skip


CUSTOMERS = Stream(
    name="customers",
    endpoint=ENDPOINT,
    key="$.email",
    required={"$.points_balance": "number?", "$.history_items": "array?", "$.referral_code": "object?"},
    read=_read,
)
CUSTOMER_TIERS = Stream(name="customer_tiers", endpoint=ENDPOINT, required={"$.vip_tier_name": "text"})

SOURCE = Source(
    name=NAME,
    title="Yotpo Loyalty",
    settings=YotpoLoyaltySettings,
    secrets=(GUID, KEY),
    streams=(CUSTOMERS, CUSTOMER_TIERS),
    connect=YotpoLoyaltyClient,
    check=_check,
)
