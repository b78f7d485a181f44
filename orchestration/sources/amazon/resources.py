"""Amazon's orders with their items, as `raw_amazon.orders`.

An order's buyer is nobody that can be reached: `buyerEmail` is a relay of Amazon's, and it is all of the buyer that is
kept. Names, addresses and phone numbers are left out before anything is stored, as Amazon's data protection policy has
it; of the recipient country and state are kept, if a shop asks for them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from orchestration.sources.amazon.client import ENDPOINT, AmazonClient
from orchestration.sources.amazon.settings import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, AmazonSettings
from orchestration.sources.http import Answer, ApiError
from orchestration.sources.landing import without
from orchestration.sources.shape import records
from orchestration.sources.source import Finding, Page, Source, State, Stream, Window

NAME = "amazon"
# Amazon refuses an end that is later than two minutes ago.
_END_BEFORE_NOW: Final = timedelta(minutes=2)
_FIRST_START: Final = datetime(2010, 1, 1)  # noqa: DTZ001
_LEFT_OUT: Final = {
    "buyer": dict.fromkeys(("buyerName", "buyerCompanyName", "buyerPurchaseOrderNumber")),
    "recipient": {
        "deliveryAddress": dict.fromkeys(
            (
                *("name", "companyName", "addressLine1", "addressLine2", "addressLine3", "city", "districtOrCounty"),
                *("municipality", "postalCode", "phone", "addressType", "extendedFields"),
            )
        ),
        "deliveryPreference": None,
    },
    "tax": None,
    "packages": None,
}


def _read(client: AmazonClient, window: Window, state: State) -> Iterator[Page]:
    started: dict[str, Any] = dict(state)
    if "token" in started:
        after, before, token = (
            *(datetime.fromisoformat(started[name]) for name in ("after", "before")),
            started["token"],
        )
    else:
        after, before, token = window.start or _FIRST_START, window.end - _END_BEFORE_NOW, None
    while True:
        answer = _page(client, after, before, token)
        if answer is None:
            # The page's token ran out: the same span from its beginning.
            token = None
            continue
        token = (answer.json.get("pagination") or {}).get("nextToken")
        state.clear()
        if token:
            state.update(after=after.isoformat(), before=before.isoformat(), token=token)
        yield without(records(NAME, ORDERS, answer.body, at="$.orders"), _LEFT_OUT)
        if not token:
            return


def _page(client: AmazonClient, after: datetime, before: datetime, token: str | None) -> Answer | None:
    try:
        return client.orders(after, before, token)
    except ApiError as error:
        if token is None or error.status != 400:
            raise
        return None


def _check(client: AmazonClient) -> list[Finding]:
    end = client.api.clock.now().replace(tzinfo=None) - _END_BEFORE_NOW
    answer = client.orders(end - timedelta(days=1), end)
    rate = answer.headers.get("x-amzn-RateLimit-Limit")
    orders = f"{len(answer.json['orders'])} orders changed on the last day"
    return [Finding(ENDPOINT, True, f"{orders}; {rate} calls a second" if rate else orders)]


ORDERS = Stream(
    name="orders",
    endpoint=ENDPOINT,
    key="$.orderId",
    cursor="$.lastUpdatedTime",
    required={
        "$.createdTime": "moment",
        "$.lastUpdatedTime": "moment",
        "$.salesChannel.channelName": "text",
        "$.fulfillment.fulfillmentStatus": "text?",
        "$.orderItems": "array",
        "$.buyer.buyerEmail": "text?",
    },
    read=_read,
    overlap=timedelta(minutes=10),
)

SOURCE = Source(
    name=NAME,
    title="Amazon",
    settings=AmazonSettings,
    secrets=(CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN),
    streams=(ORDERS,),
    connect=AmazonClient,
    check=_check,
)
