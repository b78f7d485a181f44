"""A build that takes in only what has changed ends, in every table, where one from nothing ends on the same rows."""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.builds import begin_build, complete_build
from orchestration.demo.generate import generate
from orchestration.shop import load_shop
from orchestration.sources.drop.entities import ENTITIES
from orchestration.sources.drop.loader import create_tables, load_drop
from orchestration.warehouse import open_warehouse
from tests.integration.conftest import small_entities, write_shop
from tests.integration.warehouse import STARTED, Builder, Warehouse, differing_tables

ORDERS = 1_500
# The demo's last fifteen months: each delivery's as-of moment is three later, and much of each lies after it.
MOMENTS = [datetime(2024, 12, 1), datetime(2025, 3, 10, 17, 30), datetime(2025, 6, 20), datetime(2025, 9, 1)]  # noqa: DTZ001

# Rows of what is already here with other content: (entity, columns to replace). `other` is another row of the entity,
# so that an order or a profile with its e-mail joins two persons, and an event moves to somebody else.
CHANGES = [
    ("orders", {"email": "other.email", "customer_id": "row.customer_id"}),
    ("orders", {"cancelled_at": "moment"}),
    ("orders", {"ordered_at": "moment", "ship_country": "'ZZ'"}),
    ("order_lines", {"quantity": "'7'", "unit_price": "'3.21'"}),
    ("order_lines", {"variant_id": "other.variant_id"}),
    ("message_events", {"email": "other.email", "customer_id": "other.customer_id"}),
    ("message_events", {"occurred_at": "moment"}),
    ("message_events", {"event_type": "'complained'"}),
    ("message_events", {"event_type": "'clicked'", "link": "'https://changed.example'"}),
    ("message_events", {"flow_name": "'Renamed'", "message_name": "'Renamed too'"}),
    ("profiles", {"email": "other.email"}),
    ("profiles", {"timezone": "'Asia/Tokyo'", "birthday": "'1990-01-06'", "max_emails_per_month": "'1'"}),
    ("profiles", {"email_consent": "'unsubscribed'", "email_consent_at": "moment"}),
    ("refunds", {"amount": "'1.23'", "refunded_at": "moment"}),
    ("page_events", {"order_id": "other.order_id", "email": "other.email"}),
    ("fulfillments", {"delivered_at": "moment"}),
    ("fulfillments", {"order_id": "other.order_id"}),
    ("fulfillments", {"shipped_at": "moment", "order_id": "other.order_id"}),
    ("returns", {"closed_at": "moment"}),
    ("returns", {"order_id": "other.order_id", "line_id": "other.line_id"}),
    ("returns", {"requested_at": "moment", "order_id": "other.order_id", "line_id": "other.line_id"}),
    ("reviews", {"rating": "'1'", "email": "other.email"}),
    ("reviews", {"created_at": "moment", "order_id": "other.order_id", "body": "'Smells great'"}),
    ("survey_responses", {"score": "'3'", "email": "other.email", "customer_id": "other.customer_id"}),
    ("survey_responses", {"submitted_at": "moment", "order_id": "other.order_id"}),
    ("support_tickets", {"resolved_at": "moment"}),
    ("support_tickets", {"created_at": "moment", "order_id": "other.order_id", "email": "other.email"}),
    ("loyalty_events", {"points": "'3'", "email": "other.email", "customer_id": "other.customer_id"}),
    ("loyalty_events", {"occurred_at": "moment"}),
    ("flow_holdouts", {"triggered_at": "moment"}),
    ("flow_holdouts", {"assigned_at": "moment", "email": "other.email", "customer_id": "other.customer_id"}),
    ("products", {"unit_cost": "'0.5'"}),
    ("exchange_rates", {"rate": "'1.5'"}),
]

# Tables of which what people read shows little.
BESIDES = (
    "intermediate.int_audiences__orders",
    "intermediate.int_audiences__known",
    "intermediate.int_audiences__people",
    "intermediate.int_audiences__eligible",
    "intermediate.int_audiences__members",
)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that will ever be delivered, loaded and not built."""
    folder = tmp_path_factory.mktemp("pool")
    generate(folder, orders=ORDERS)
    file = folder / "pool.duckdb"
    with open_warehouse(file) as connection:
        load_drop(connection, folder, "pool", STARTED, folder / "scratch")
    return file


def set_moment(shop: Path, moment: datetime) -> None:
    (shop / "shop.yml").write_text(
        f"name: updates\ntimezone: America/New_York\ncurrency: USD\nas_of: {moment:%Y-%m-%dT%H:%M:%S}\n"
    )


def deliver(pool: Path, shop: Path, number: int) -> None:
    """Drop a random slice of the pool and, from the second on, changed rows of what is there already."""
    with duckdb.connect(str(pool), read_only=True) as connection:
        for entity in ENTITIES.values():
            columns = ", ".join(entity.column_names)
            folder = shop / "drop" / entity.name
            folder.mkdir(parents=True, exist_ok=True)
            # The first delivery brings most, so that later ones touch few.
            chosen = f"greatest(cast(hash({columns}) % 20 as integer), 16) - 16 = {number}"
            connection.execute(
                f"copy (select {columns} from raw_drop.{entity.name} where {chosen}) to '{folder}/{number}_new.parquet'"
            )
        if number == 0:
            return
        for change, (name, replaced) in enumerate(CHANGES):
            entity = ENTITIES[name]
            # A product or a rate is in many lines: all of them are worked out anew.
            few = 1 if name in ("products", "exchange_rates") else 6
            # Some are stamped after the as-of moment, and hold from the next delivery on.
            stamps = [MOMENTS[number] + timedelta(days=days) for days in (-20, -1, 30)]
            listed = ", ".join(f"'{stamp:%Y-%m-%d %H:%M:%S}Z'" for stamp in stamps)
            columns = ", ".join(
                f"{replaced[column].replace('moment', 'row.moment')} as {column}"
                if column in replaced
                else ("row.moment as updated_at" if column == "updated_at" else f"row.{column}")
                for column in entity.column_names
            )
            connection.execute(
                f"""
                copy (
                    with numbered as (
                        select *, row_number() over (order by hash({", ".join(entity.column_names)}, {change})) as place
                        from raw_drop.{name}
                    ),
                    stamped as (
                        select *, [{listed}][1 + cast(place % 3 as integer)] as moment
                        from numbered
                        where place <= {few}
                    )
                    select {columns}
                    from stamped as row
                    inner join numbered as other on row.place + {10 * number} = other.place
                ) to '{shop / "drop" / name}/{number}_changed_{change:02d}.parquet'
                """
            )


def test_updates_end_where_a_build_from_nothing_ends(builder: Builder, pool: Path, tmp_path: Path) -> None:
    warehouse: Warehouse | None = None
    for number, moment in enumerate(MOMENTS):
        set_moment(tmp_path, moment)
        deliver(pool, tmp_path, number)
        warehouse = builder.build(tmp_path, f"updated_{number}", upon=warehouse)
        if number > 0:
            ((changed, orders),) = warehouse.query(
                "select (select count(*) from intermediate.int_orders__changed), count(*) "
                "from intermediate.int_orders__versions"
            )
            assert 0 < int(str(changed)) < 0.7 * int(str(orders))
            ((restated, received),) = warehouse.query(
                "select (select count(*) from intermediate.int_flows__restated), "
                "count(distinct (recipient_number, message_number)) from intermediate.int_flows__received"
            )
            assert 0 < int(str(restated)) < int(str(received))
            ((renewed, facts),) = warehouse.query(
                "select (select count(*) from intermediate.int_voice__changed where fact = 'fct_fulfillments'), "
                "count(*) from marts.fct_fulfillments"
            )
            assert 0 < int(str(renewed)) < 0.7 * int(str(facts))
            anew = builder.rebuild(tmp_path, f"anew_{number}", warehouse)
            assert differing_tables(warehouse, anew, BESIDES) == {}


def test_a_build_without_news_changes_nothing(builder: Builder, pool: Path, tmp_path: Path) -> None:
    # After everything: what will hold from a later moment on is looked at every time.
    set_moment(tmp_path, datetime(2027, 1, 1))  # noqa: DTZ001
    deliver(pool, tmp_path, 0)
    first = builder.build(tmp_path, "first")
    again = builder.build(tmp_path, "again", upon=first)
    assert again.query(
        "select (select count(*) from intermediate.int_orders__changed), "
        "(select count(*) from intermediate.int_flows__restated), "
        "(select count(*) from intermediate.int_voice__changed), "
        "(select count(*) from intermediate.int_audiences__changed)"
    ) == [(0, 0, 0, 0)]
    assert differing_tables(first, again) == {}


def test_only_a_complete_build_of_the_same_shop_is_taken_further(tmp_path: Path) -> None:
    entities = small_entities()
    shop = load_shop(write_shop(tmp_path / "shop", "small", entities, as_of="2025-12-01T00:00:00"))
    other = load_shop(
        write_shop(
            tmp_path / "other", "small", entities, as_of="2025-12-01T00:00:00", settings="{email_lookback_seconds: 9}"
        )
    )
    moment = datetime(2025, 12, 1)  # noqa: DTZ001
    connected = shop.model_copy(update={"sources": {"shopify": {}}})
    later, earlier = moment + timedelta(days=1), moment - timedelta(seconds=1)
    with open_warehouse(tmp_path / "warehouse.duckdb") as connection:
        create_tables(connection)
        connection.execute("insert into ops.loads (load_id) values (2), (3)")
        assert begin_build(connection, shop, moment) == (None, None, False)
        complete_build(connection, shop, moment)
        # The same moment or a later one may follow; what has begun and didn't complete is built upon by none.
        assert begin_build(connection, shop, later) == (moment, 3, True)
        assert begin_build(connection, shop, later) == (None, None, True)
        complete_build(connection, shop, moment)
        assert begin_build(connection, shop, earlier) == (None, None, True)
        complete_build(connection, shop, moment)
        assert begin_build(connection, connected, moment) == (None, None, False)
        complete_build(connection, shop, moment)
        assert begin_build(connection, other, moment) == (None, None, False)
