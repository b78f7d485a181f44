"""Small accounts to load from, the same each time."""

from datetime import UTC, datetime, timedelta

from orchestration.sources.http import Clock
from tests.fakes.klaviyo import FakeKlaviyo
from tests.fakes.server import Contract

FIRST = datetime(2025, 3, 1, 9, tzinfo=UTC)
METRICS = {
    "MRECEIVED": "Received Email",
    "MOPENED": "Opened Email",
    "MCLICKED": "Clicked Email",
    "MORDER": "Placed Order",
    "MSMS": "Received SMS",
}


def small_klaviyo(
    clock: Clock | None = None, contract: Contract | None = None, *, events: int = 40, throttle: bool = True
) -> FakeKlaviyo:
    """Two flows, a campaign, a list, four profiles, and events a minute apart that go round the kinds of metrics."""
    fake = FakeKlaviyo(clock, contract, throttle=throttle)
    for metric_id, name in METRICS.items():
        fake.add_metric(metric_id, name)
    fake.add_flow("FLOW1", "Welcome", {"MSG1": "Welcome, e-mail 1", "MSG2": "Welcome, e-mail 2"}, FIRST)
    fake.add_flow("FLOW2", "Order confirmation", {"MSG3": "Your order"}, FIRST, transactional=True)
    fake.add_campaign("CAMP1", "Spring news", ["CMSG1"], FIRST)
    fake.add_list("LIST1", "Newsletter")
    people = {"P1": "ann@example.com", "P2": "ben@example.com", "P3": "cleo@example.com", "P4": None}
    for number, (profile_id, email) in enumerate(people.items()):
        fake.add_profile(
            profile_id,
            FIRST + timedelta(days=number),
            email=email,
            phone_number="+4915112345678" if profile_id == "P4" else None,
            subscriptions=consent("SUBSCRIBED" if number % 2 == 0 else "UNSUBSCRIBED"),
        )
    kinds = list(METRICS)
    for number in range(events):
        kind = kinds[number % len(kinds)]
        fake.add_event(
            f"E{number:05d}",
            kind,
            f"P{number % 4 + 1}",
            FIRST + timedelta(minutes=number),
            {"$flow": "FLOW1", "$message": "MSG1", "Campaign Name": "Welcome, e-mail 1"},
            {"flow": "FLOW1", "flow-message": "MSG1"} if kind == "MORDER" else None,
        )
    return fake


def consent(email: str, sms: str = "NEVER_SUBSCRIBED", suppressed: str | None = None) -> dict[str, object]:
    """A profile's subscriptions, as Klaviyo shows them."""
    moment = "2025-01-05T08:00:00+00:00"
    suppression = [] if suppressed is None else [{"reason": suppressed, "timestamp": moment}]
    return {
        "email": {
            "marketing": {
                "can_receive_email_marketing": email == "SUBSCRIBED" and not suppression,
                "consent": email,
                "consent_timestamp": moment,
                "last_updated": moment,
                "method": "FORM",
                "method_detail": "",
                "custom_method_detail": None,
                "double_optin": True,
                "suppression": suppression,
                "list_suppressions": [],
            }
        },
        "sms": {
            "marketing": {
                "can_receive_sms_marketing": sms == "SUBSCRIBED",
                "consent": sms,
                "consent_timestamp": moment,
                "method": None,
                "method_detail": None,
                "last_updated": None,
            }
        },
    }
