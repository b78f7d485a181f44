"""Small systems from their APIs to the shared shape: loads into raw tables, then rows worked out by hand."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.sources.load import load_source
from orchestration.sources.source import Window
from orchestration.sources.store import SourceLoad
from tests.fakes.amazon import item, money
from tests.fakes.small_systems import ACCOUNTS, Running, running
from tests.integration.warehouse import STARTED, Builder, Warehouse

DAY = timedelta(days=1)


def _at(*parts: int) -> datetime:
    """A moment as tables hold it: naive UTC."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


@dataclass(frozen=True)
class Records:
    """How a system's records are put in and changed. `stream` counts them; `changed` is what an edit writes."""

    stream: str
    add: Callable[[Any, int, str], None]
    change: Callable[[Any, int, str], None]
    remove: Callable[[Any, int], None] | None
    path: str
    changed: str


def _moment(number: int) -> str:
    return f"2025-12-{20 + number:02}T10:00:00Z"


RECORDS = {
    "judgeme": Records(
        "reviews",
        lambda fake, number, at: fake.add(number, at, rating=5),
        lambda fake, number, at: fake.change(number, at, rating=2),
        lambda fake, number: fake.remove(number),
        "$.rating",
        "2",
    ),
    "omnisend": Records(
        "contacts",
        lambda fake, number, at: fake.add_contact(f"c{number}", at, f"c{number}@example.com", firstName="A"),
        lambda fake, number, at: fake.contacts[f"c{number}"].update(updatedAt=at, firstName="B"),
        lambda fake, number: fake.contacts.pop(f"c{number}"),
        "$.firstName",
        "B",
    ),
    "yotpo": Records(
        "reviews",
        lambda fake, number, at: fake.add(number, at, score=5),
        lambda fake, number, at: fake.change(number, at, score=2),
        lambda fake, number: fake.reviews.pop(number),
        "$.score",
        "2",
    ),
    "amazon": Records(
        "orders",
        lambda fake, number, at: fake.add(f"111-{number}", at, [item("1", 1, "9.00")]),
        lambda fake, number, at: fake.change(
            f"111-{number}", at, fulfillment={"fulfillmentStatus": "CANCELLED", "fulfilledBy": "AMAZON"}
        ),
        None,
        "$.fulfillment.fulfillmentStatus",
        "CANCELLED",
    ),
    "smile": Records(
        "customers",
        lambda fake, number, at: fake.add_customer(number, f"c{number}@example.com", at, points_balance=0),
        lambda fake, number, at: fake.change_customer(number, at, points_balance=7),
        lambda fake, number: fake.customers.pop(number),
        "$.points_balance",
        "7",
    ),
}


@pytest.fixture
def specs(shared: Path) -> Path:
    """The vendors' own specs."""
    return shared / "specs"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty warehouse."""
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as opened:
        yield opened


def _load(system: Running, connection: duckdb.DuckDBPyConnection, folder: Path, **wishes: Any) -> SourceLoad:
    """One run's load; the run begins when the clock says."""
    started = system.clock.now().replace(tzinfo=None)
    load = load_source(system.configured, connection, folder / "dlt", started, clock=system.clock, **wishes)
    assert load.problem is None
    return load


@pytest.mark.parametrize("name", RECORDS)
def test_a_second_load_takes_only_what_is_new_and_changed(
    name: str, specs: Path, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    records = RECORDS[name]
    table = f"raw_{name}.{records.stream}"
    with running(name, specs) as system:
        for number in range(5):
            records.add(system.fake, number + 1, _moment(number))
        first = _load(system, connection, tmp_path).streams[records.stream]
        assert (first.new, first.replaced, first.stored_before) == (5, 0, 0)
        again = _load(system, connection, tmp_path).streams[records.stream]
        assert (again.new, again.replaced) == (0, 0)
        records.add(system.fake, 6, _moment(5))
        records.change(system.fake, 5, _moment(6))
        later = _load(system, connection, tmp_path).streams[records.stream]
        assert (later.new, later.replaced) == (1, 1)
        found = connection.execute(f"select count(*), count_if(payload ->> '{records.path}' = ?) from {table}",
                                   [records.changed]).fetchone()  # fmt: skip
        assert found == (6, 1)
        # Throttled as the vendor throttles, and never over a limit.
        assert {exchange.status for exchange in system.fake.log} == {200}


@pytest.mark.parametrize("name", [name for name, records in RECORDS.items() if records.remove])
def test_records_deleted_at_the_source_are_removed(
    name: str, specs: Path, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    records = RECORDS[name]
    assert records.remove is not None
    with running(name, specs) as system:
        for number in range(3):
            records.add(system.fake, number + 1, _moment(number))
        _load(system, connection, tmp_path)
        records.remove(system.fake, 2)
        system.clock.advance(8 * DAY.total_seconds())
        assert _load(system, connection, tmp_path).streams[records.stream].removed == 1
    assert connection.execute(f"select count(*) from raw_{name}.{records.stream}").fetchone() == (2,)


def test_a_backfill_takes_its_span_and_leaves_the_state(
    specs: Path, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with running("typeform", specs) as system:
        for day in range(1, 11):
            system.fake.add("nps1", f"r{day}", f"2025-12-{day:02}T10:00:00Z")
        span = Window(_at(2025, 12, 3), _at(2025, 12, 6))
        assert _load(system, connection, tmp_path, backfill=span).streams["responses"].new == 3
        assert _load(system, connection, tmp_path).streams["responses"].new == 7


def test_a_missing_field_stops_the_source_and_names_it(
    specs: Path, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with running("yotpo", specs) as system:
        system.fake.contract = None
        system.fake.add(1, "2025-12-20T10:00:00Z", score="five")
        load = load_source(system.configured, connection, tmp_path / "dlt", STARTED, clock=system.clock)
    assert load.problem == (
        "yotpo: GET /v1/apps/{app_key}/reviews: field score: a number is expected, found text in 1 of 1 records"
    )


# ---- Staging: everything below is one warehouse, built once ----


def _fill_judgeme(fake: Any) -> None:
    fake.add(
        1,
        "2025-03-01T23:30:00-05:00",
        rating=4,
        title=" Good ",
        body="Does it",
        reviewer={"email": "Ann@Example.com", "external_id": 2861585334295},
        pictures=[{"urls": {"original": "https://example.com/a.jpg"}, "hidden": False}],
    )
    fake.add(2, "2025-03-02T00:00:00+00:00", rating=1, verified="email", title=None, body="")
    fake.add(3, "2025-03-03T00:00:00+00:00", curated="spam")


def _fill_yotpo(fake: Any) -> None:
    fake.add(1, "2025-04-01T08:00:00Z", score=5, email="Bob@example.com", sku="P-1", title="Yes", content="Fine")
    fake.add(2, "2025-04-02T08:00:00Z", score=2, reviewer_type="anonymous_user")
    fake.add(3, "2025-04-03T08:00:00Z", deleted=True)


def _answer(kind: str, value: Any, question: str, of: str) -> dict[str, Any]:
    return {"type": kind, kind: value, "field": {"id": f"id-{question}", "type": of, "ref": question}}


def _fill_typeform(fake: Any) -> None:
    score, words = "opinion_scale", "long_text"
    fake.add(
        "nps1",
        "r1",
        "2025-05-01T10:00:00Z",
        [
            _answer("number", 3, "ease", score),
            _answer("number", 9, "recommend", score),
            _answer("text", "Great", "why", words),
        ],
        {"order_id": "1001", "email": " Ann@example.com"},
    )
    # Not asked, no hidden fields, an e-mail among the answers.
    fake.add("nps1", "r2", "2025-05-02T10:00:00Z", [_answer("email", "cid@example.com", "mail", "email")])
    fake.add(
        "csat1", "r1", "2025-05-03T10:00:00Z", [_answer("number", 5, "stars", "rating")], {"email": "dee@example.com"}
    )
    # Six stars of ten: not a CSAT of 1 to 5.
    fake.add("csat1", "r2", "2025-05-04T10:00:00Z", [_answer("number", 6, "stars", "rating")])
    fake.add("csat1", "r3", "2025-05-05T10:00:00Z", [_answer("choice", {"label": "2"}, "stars", "rating")])


def _fill_omnisend(fake: Any) -> None:
    fake.add_contact(
        "c1",
        "2025-02-01T00:00:00Z",
        "Ann@Example.com",
        email_status=("subscribed", "2025-01-05T12:00:00Z"),
        sms_status=("unsubscribed", "2025-01-06T12:00:00Z"),
        phone="+15550100",
        birthdate="1990-05-27",
    )
    fake.add_contact(
        "c2", "2025-02-02T00:00:00Z", "bob@example.com", email_status=("nonSubscribed", "2025-01-07T00:00:00Z")
    )
    fake.add_contact("c3", "2025-02-03T00:00:00Z", None)


def _fill_amazon(fake: Any) -> None:
    fake.add(
        "111-1",
        "2025-06-01T03:00:00Z",
        [
            # Listed with tax: what is received for three is 20.00, discount and tax apart.
            item(
                "L1",
                3,
                "20.00",
                tax="3.98",
                discount="-2.00",
                unit_price="7.99",
                asin="B01",
                sellerSku="SKU-1",
                title="Mug",
            ),
            item("L2", 1, "5.00", unit_price="5.00", asin="B02", sellerSku="SKU-2", title="Lid"),
            item("L3", 0, "0.00", asin="B03", sellerSku="SKU-3", title="None ordered"),
        ],
        buyer={"buyerEmail": "K2@marketplace.amazon.com", "buyerName": "A Buyer"},
        proceeds={
            "grandTotal": money("33.48"),
            "breakdowns": [
                {"type": "ITEM", "subtotal": money("25.00")},
                {"type": "DISCOUNT", "subtotal": money("-2.00")},
                {"type": "SHIPPING", "subtotal": money("4.50")},
                {"type": "TAX", "subtotal": money("3.98")},
                {"type": "DELIVERY_TIP", "status": "FINALIZED", "subtotal": money("2.00")},
            ],
        },
    )
    second = [item("L1", 1, "8.00", sellerSku="SKU-1")]
    fake.add("111-2", "2025-07-01T03:00:00Z", second, buyer={"buyerEmail": "k2@marketplace.amazon.com"})
    fake.add(
        "111-3",
        "2025-07-02T03:00:00Z",
        second,
        fulfillment={"fulfillmentStatus": "CANCELLED", "fulfilledBy": "AMAZON"},
        lastUpdatedTime="2025-07-03T09:00:00Z",
    )
    # The same shop's own order, fulfilled by Amazon; an order whose payment isn't authorised; a replacement.
    own = {"channelName": "NON_AMAZON"}
    fake.add("111-4", "2025-07-04T03:00:00Z", second, salesChannel=own)
    fake.add("111-5", "2025-07-05T03:00:00Z", second, fulfillment={"fulfillmentStatus": "PENDING"})
    replaced = [{"orderId": "111-1", "associationType": "REPLACEMENT_ORIGINAL_ID"}]
    fake.add("111-6", "2025-07-06T03:00:00Z", second, associatedOrders=replaced)


def _fill_smile(fake: Any) -> None:
    fake.add_tier(11, "Silver", 100)
    fake.add_tier(12, "Gold", 500)
    fake.add_customer(
        5, "Ann@example.com", "2025-01-10T00:00:00.000Z", tier=11, referral_url="http://i.refs.cc/9qr5Pw?s=1"
    )
    fake.add_customer(6, "guest@example.com", "2025-01-11T00:00:00.000Z", state="candidate")
    fake.add_points(91, 5, 100, "2025-02-01T00:00:00.000Z")
    fake.add_points(92, 5, -40, "2025-03-01T00:00:00.000Z")
    fake.add_points(93, 6, 0, "2025-03-02T00:00:00.000Z")


def _fill_yotpo_loyalty(fake: Any) -> None:
    fake.add("ann@example.com", tier="Gold", code="ANN10")
    fake.book("ann@example.com", 200, "2025-02-01T00:00:00Z")
    fake.book("ann@example.com", -50, "2025-02-02T00:00:00Z", "Redeemed")


FILL: dict[str, Callable[[Any], None]] = {
    "judgeme": _fill_judgeme,
    "yotpo": _fill_yotpo,
    "typeform": _fill_typeform,
    "omnisend": _fill_omnisend,
    "amazon": _fill_amazon,
    "smile": _fill_smile,
    "yotpo_loyalty": _fill_yotpo_loyalty,
}
# What changes before a second and a third load.
AFTER: dict[str, tuple[Callable[[Any], None], ...]] = {
    "smile": (
        lambda fake: fake.change_customer(5, "2025-11-01T00:00:00.000Z", tier=11, points_balance=60),
        lambda fake: fake.change_customer(5, "2025-12-01T00:00:00.000Z", tier=12),
    ),
    "yotpo_loyalty": (lambda fake: fake.customers["ann@example.com"].update(vip_tier_name="Gold"),),
}
TYPEFORM_FORMS = {"forms": {"nps1": {"survey_type": "nps", "score": "recommend"}, "csat1": {"survey_type": "csat"}}}


@pytest.fixture(scope="module")
def staged(builder: Builder, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """All seven systems in one shop, loaded, some of them again after changes, and every model built on them."""
    folder = tmp_path_factory.mktemp("small_sources")
    (folder / "members.csv").write_text("email\nAnn@example.com\nnobody@example.com\n", encoding="utf-8")
    (folder / "shop.yml").write_text(
        "name: small-sources\ntimezone: America/New_York\ncurrency: USD\nas_of: 2026-01-01 00:00:00+00:00\n"
        f"sources: {json.dumps({name: dict(account.settings) for name, account in ACCOUNTS.items()})}\n",
        encoding="utf-8",
    )

    (folder / "drop" / "orders").mkdir(parents=True)
    (folder / "drop" / "order_lines").mkdir()
    (folder / "drop" / "orders" / "all.csv").write_text(
        "order_id,ordered_at,email\n1001,2025-04-20T12:00:00Z,ann@example.com\n", encoding="utf-8"
    )
    (folder / "drop" / "order_lines" / "all.csv").write_text(
        "order_id,line_id,quantity,unit_price\n1001,1,1,40\n", encoding="utf-8"
    )
    empty = builder.build(folder, "small_sources_empty", select="stg_drop__orders")
    with duckdb.connect(str(empty.file)) as connection:
        for name in FILL:
            _load_all(name, connection, shared / "specs", folder)
    return builder.build(folder, "small_sources", upon=empty)


def _load_all(name: str, connection: duckdb.DuckDBPyConnection, specs: Path, folder: Path) -> None:
    with running(name, specs, folder) as system:
        FILL[name](system.fake)
        configured = system.with_settings(**(TYPEFORM_FORMS if name == "typeform" else {}))
        for change in (None, *AFTER.get(name, ())):
            if change is not None:
                change(system.fake)
            started = system.clock.now().replace(tzinfo=None)
            found = load_source(configured, connection, folder / "dlt", started, clock=system.clock)
            assert found.problem is None
            system.clock.advance(DAY.total_seconds())


def _columns(warehouse: Warehouse, model: str, columns: str, order: str) -> list[tuple[object, ...]]:
    return warehouse.query(f"select {columns} from staging.{model} order by {order}")


def test_judgeme_reviews(staged: Warehouse) -> None:
    columns = "review_id, created_at, rating, email, customer_id, product_id, title, body, has_media, verified"
    product = "5280573096092"
    assert _columns(staged, "stg_judgeme__reviews", columns, "review_id") == [
        ("1", _at(2025, 3, 2, 4, 30), Decimal(4), "ann@example.com", "2861585334295", product, "Good", "Does it",
         True, True),
        ("2", _at(2025, 3, 2), Decimal(1), "reviewer2@example.com", None, product, None, None, False, False),
    ]  # fmt: skip


def test_yotpo_reviews(staged: Warehouse) -> None:
    columns = "review_id, created_at, rating, email, product_id, title, body, has_media, verified"
    assert _columns(staged, "stg_yotpo__reviews", columns, "review_id") == [
        ("1", _at(2025, 4, 1, 8), Decimal(5), "bob@example.com", "P-1", "Yes", "Fine", False, True),
        ("2", _at(2025, 4, 2, 8), Decimal(2), "reviewer2@example.com", "5280573096092", "A title", "A text",
         False, False),
    ]  # fmt: skip


def test_typeform_survey_responses(staged: Warehouse) -> None:
    columns = "response_id, submitted_at, survey_type, score, email, order_id, comment"
    assert _columns(staged, "stg_typeform__survey_responses", columns, "submitted_at") == [
        ("nps1:r1", _at(2025, 5, 1, 10), "nps", Decimal(9), "ann@example.com", "1001", "Great"),
        ("nps1:r2", _at(2025, 5, 2, 10), "nps", None, "cid@example.com", None, None),
        ("csat1:r1", _at(2025, 5, 3, 10), "csat", Decimal(5), "dee@example.com", None, None),
        ("csat1:r2", _at(2025, 5, 4, 10), "csat", None, None, None, None),
        ("csat1:r3", _at(2025, 5, 5, 10), "csat", Decimal(2), None, None, None),
    ]


def test_omnisend_profiles(staged: Warehouse) -> None:
    columns = "customer_id, email, phone, email_consent, email_consent_at, sms_consent, cast(birthday as varchar)"
    assert _columns(staged, "stg_omnisend__profiles", columns, "customer_id") == [
        ("c1", "ann@example.com", "+15550100", "subscribed", _at(2025, 1, 5, 12), "unsubscribed", "1990-05-27"),
        ("c2", "bob@example.com", None, "never", _at(2025, 1, 7), None, None),
    ]


def test_amazon_orders(staged: Warehouse) -> None:
    columns = "order_id, ordered_at, email, currency, cancelled_at, tax, shipping, tip, exchange_of_order_id"
    k2 = "k2@marketplace.amazon.com"
    assert _columns(staged, "stg_amazon__orders", columns, "order_id") == [
        ("111-1", _at(2025, 6, 1, 3), k2, "USD", None, Decimal("3.98"), Decimal("4.5"), Decimal(2), None),
        ("111-2", _at(2025, 7, 1, 3), k2, "USD", None, None, None, None, None),
        ("111-3", _at(2025, 7, 2, 3), "111-3@marketplace.amazon.com", "USD", _at(2025, 7, 3, 9), None, None,
         None, None),
        ("111-6", _at(2025, 7, 6, 3), "111-6@marketplace.amazon.com", "USD", None, None, None, None, "111-1"),
    ]  # fmt: skip


def test_amazon_order_lines(staged: Warehouse) -> None:
    columns = "line_id, quantity, unit_price, line_discount, sku, product_id, product_title"
    found = _columns(staged, "stg_amazon__order_lines where order_id = '111-1'", columns, "line_id")
    assert found == [
        # 20.00 for three; the listed 7.99 holds the tax.
        ("L1", Decimal(3), Decimal("6.6667"), Decimal(2), "SKU-1", "B01", "Mug"),
        ("L2", Decimal(1), Decimal(5), None, "SKU-2", "B02", "Lid"),
    ]


def test_amazon_counts_as_revenue_and_reaches_nobody(staged: Warehouse) -> None:
    orders = staged.query(
        "select order_id, channel, is_valid, invalid_reason, order_sequence, net_sales from marts.fct_orders "
        "where source = 'amazon' order by order_id"
    )
    # 111-1: 20.0001 + 5.00 - 2.00: thirds of a cent are rounded by the piece.
    assert orders == [
        ("111-1", "amazon", True, None, 1, Decimal("23.0001")),
        ("111-2", "amazon", True, None, 2, Decimal(8)),
        ("111-3", "amazon", False, "cancelled", None, Decimal(8)),
        ("111-6", "amazon", False, "exchange", None, Decimal(8)),
    ]
    reached = "select count(*) from marts.dim_customers where is_reachable and first_channel = 'amazon'"
    assert staged.value(reached) == 0


def test_smile_loyalty(staged: Warehouse) -> None:
    columns = "event_id, occurred_at, event_type, email, customer_id, points, tier"
    ann = ("ann@example.com", "smile-5")
    assert _columns(staged, "stg_smile__loyalty_events", columns, "occurred_at, event_type") == [
        ("member-5", _at(2025, 1, 10), "enrolled", *ann, None, None),
        ("tier-5:2025-01-10T00:00:00.000Z", _at(2025, 1, 10), "tier_changed", *ann, None, "Silver"),
        ("points-91", _at(2025, 2, 1), "earned", *ann, Decimal(100), None),
        ("points-92", _at(2025, 3, 1), "redeemed", *ann, Decimal(40), None),
        ("tier-5:2025-12-01T00:00:00.000Z", _at(2025, 12, 1), "tier_changed", *ann, None, "Gold"),
    ]
    assert _columns(staged, "stg_smile__referrals", "referral_code, referrer_email, created_at", "1") == [
        ("9qr5Pw", "ann@example.com", _at(2025, 1, 10))
    ]


def test_yotpo_loyalty(staged: Warehouse) -> None:
    columns = "occurred_at, event_type, email, points, tier"
    assert _columns(staged, "stg_yotpo_loyalty__loyalty_events", columns, "occurred_at") == [
        (_at(2025, 2, 1), "earned", "ann@example.com", Decimal(200), None),
        (_at(2025, 2, 2), "redeemed", "ann@example.com", Decimal(50), None),
        (STARTED, "tier_changed", "ann@example.com", None, "Gold"),
    ]
    assert _columns(staged, "stg_yotpo_loyalty__referrals", "referral_code, referrer_email", "1") == [
        ("ANN10", "ann@example.com")
    ]


def test_a_persons_reviews_answers_and_consent_meet_by_e_mail(staged: Warehouse) -> None:
    persons = staged.query(
        """
        select distinct person_id from marts.fct_reviews where review_key = 'judgeme:1'
        union
        select distinct person_id from marts.fct_surveys where response_key = 'typeform:nps1:r1'
        union
        select distinct person_id from marts.fct_loyalty where source in ('smile', 'yotpo_loyalty')
        union
        select person_id from intermediate.int_identity__persons where evidence = 'email:ann@example.com'
        """
    )
    assert len(persons) == 1
    assert persons[0][0] is not None
