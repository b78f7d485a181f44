"""Generate the demo shop's files and its truth.

Persons are generated in chunks that share nothing, each from its own random streams: memory doesn't grow with
the shop, and the same seed gives the same bytes.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

import duckdb
import numpy as np
from pydantic import ValidationError

from orchestration.demo import (
    aftercare,
    clock,
    customers,
    identity,
    lines,
    messages,
    orders,
    programme,
    shopwide,
    tables,
    texts,
    truth,
    voice,
    write,
)
from orchestration.demo.columns import NONE, Ints
from orchestration.demo.truth import DemoTruth
from orchestration.errors import UserError

log = logging.getLogger(__name__)

GENERATOR_VERSION = 1
TRUTH_FILE = "truth.json"
BUYERS_PER_CHUNK = 60_000
FEWEST_ORDERS = 500
LARGE_SHOP_ORDERS = 100_000  # from here on everything is Parquet, and the e-mail export covers a share of persons
LARGE_SHOP_EXPORT_SHARE = 0.24  # brings five message events an order instead of twenty-one
CLICKED_REPEAT_SHARE = 0.60  # repeat orders that follow a click on a marketing e-mail
# Random streams: a change in one part of the shop leaves the others as they were.
STREAMS = (
    "people", "arms", "orders", "flows", "win_back", "odd", "prices", "returns", "refunds", "exchanges",
    "versions", "identity", "sends", "clicks", "events", "reviews", "tickets", "surveys", "pages",
)  # fmt: skip


def generate(folder: Path, orders: int = 12_000, seed: int = 20240131) -> DemoTruth:
    """Write `<folder>/drop/<entity>/…` and `<folder>/truth.json`; about `orders` orders. Returns the truth.

    Does nothing but read the truth back if the folder already holds what this generator would write.

    Raises:
        UserError: fewer orders are asked for than what is planted needs.
    """
    if orders < FEWEST_ORDERS:
        raise UserError(f"ORDERS={orders}: the demo shop needs at least {FEWEST_ORDERS} orders; ask for more")
    found = _existing(folder, orders, seed)
    if found is not None:
        log.info("the demo shop in %s is up to date", folder)
        return found
    (folder / TRUTH_FILE).unlink(missing_ok=True)
    drop = folder / "drop"
    write.remove_generated(drop)
    is_large = orders > LARGE_SHOP_ORDERS
    export_share = LARGE_SHOP_EXPORT_SHARE if is_large else 1.0
    buyers = customers.buyers_for(orders, export_share)
    sizes = [BUYERS_PER_CHUNK] * (buyers // BUYERS_PER_CHUNK)
    if buyers % BUYERS_PER_CHUNK >= 200 or not sizes:
        sizes.append(buyers % BUYERS_PER_CHUNK)
    elif buyers % BUYERS_PER_CHUNK:
        sizes[-1] += buyers % BUYERS_PER_CHUNK
    shop = _Shop(drop, seed, is_large, export_share)
    for chunk, size in enumerate(sizes):
        log.info("demo shop: %d of %d customers", sum(sizes[:chunk]), buyers)
        shop.add_chunk(chunk, size)
    shop.finish()
    result = shop.ledger.settle(
        generator_version=GENERATOR_VERSION,
        seed=seed,
        orders_requested=orders,
        files=shop.files,
        rows_delivered=shop.rows,
        rows_breaking_contract=dict(tables.ROWS_BREAKING_CONTRACT),
        rows_redelivered=shop.redelivered,
        order_lines_without_order=tables.BAD_LINES_OF_BAD_ORDERS,
    )
    text = json.dumps(result.model_dump(), indent=2, ensure_ascii=False) + "\n"
    (folder / TRUTH_FILE).write_text(text, encoding="utf-8")
    return result


def _existing(folder: Path, orders_requested: int, seed: int) -> DemoTruth | None:
    """The truth in the folder, if it is of this version, size and seed and all its files are there."""
    file = folder / TRUTH_FILE
    if not file.is_file():
        return None
    try:
        found = DemoTruth.model_validate_json(file.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError):
        return None
    wanted = (GENERATOR_VERSION, seed, orders_requested)
    if (found.generator_version, found.seed, found.orders_requested) != wanted:
        return None
    for name, size in found.files.items():
        path = folder / "drop" / name
        if not path.is_file() or path.stat().st_size != size:
            return None
    return found


class _Shop:
    """One shop on its way to disk: counters that run over its chunks."""

    def __init__(self, drop: Path, seed: int, is_large: bool, export_share: float) -> None:
        self.drop, self.seed, self.is_large, self.export_share = drop, seed, is_large, export_share
        self.kind = "parquet" if is_large else "csv"
        self.ledger = truth.Ledger()
        self.files: dict[str, int] = {}
        self.rows: dict[str, int] = {}
        self.redelivered: dict[str, int] = {}
        self.first_person = self.first_order = self.first_event = 0
        self.first_row = dict.fromkeys(
            (
                "returns",
                "refunds",
                "reviews",
                "survey_responses",
                "support_tickets",
                "loyalty_events",
                "page_events",
            ),
            0,
        )
        self.new_customers = np.zeros((clock.DAYS, len(texts.SOURCES)), dtype=np.int64)
        self.connection = duckdb.connect(config={"threads": 2, "memory_limit": "3GB"})
        tables.prepare(self.connection)

    def _write(self, outputs: list[tables.Output]) -> None:
        for output in outputs:
            name, rows, size = write.write(self.connection, self.drop, output)
            self.files[name] = size
            self.rows[output.entity] = self.rows.get(output.entity, 0) + rows

    def add_chunk(self, chunk: int, buyers: int) -> None:
        """Generate, count and write one chunk of persons."""
        rng = {name: np.random.default_rng([self.seed, chunk, stream]) for stream, name in enumerate(STREAMS)}
        is_first = chunk == 0
        people = customers.draw_customers(rng["people"], buyers, self.first_person, self.export_share, is_first)
        plan = orders.empty_programme(customers.draw_holdouts(rng["arms"], people))
        placed = place_orders(rng, people, plan, is_first)
        sold, money = lines.price_orders(rng["prices"], people, placed)
        returned = aftercare.draw_returns(rng["returns"], placed, sold)
        refunded = aftercare.draw_refunds(rng["refunds"], placed, sold, money, returned, is_first)
        placed, sold, money = aftercare.add_exchanges(rng["exchanges"], people, placed, sold, money, returned)
        shown = identity.draw_identity(rng["identity"], people, placed)
        versions = aftercare.draw_versions(rng["versions"], placed, sold)
        sends = messages.draw_sends(rng["sends"], people, placed, plan)
        messages.plant_clicks_before_orders(rng["clicks"], people, placed, sends, CLICKED_REPEAT_SHARE)
        events = messages.draw_events(rng["events"], people, sends)
        reviewed = voice.draw_reviews(rng["reviews"], people, placed)
        self.ledger.add(people, placed, sold, money, shown, versions, returned, refunded, reviewed, events, plan)
        self._count_new_customers(people)

        part = f"_{chunk:04d}" if self.is_large else ""
        connection = self.connection
        is_refunded = np.zeros(len(placed), dtype=np.bool_)
        is_refunded[refunded.order[refunded.order != NONE]] = True
        tables.lend_people(connection, people, messages.consent_instants(people, placed))
        tables.lend_orders(connection, placed, money, shown, versions, is_refunded, self.first_order)
        tables.lend_lines(connection, sold)
        tables.lend_aftercare(connection, returned, refunded)
        self._write(tables.order_outputs(part.lstrip("_"), self.kind, is_first))
        self._write(tables.people_outputs(part, self.kind, is_first))
        self._write(tables.aftercare_outputs(part, self.kind, self.first_row))

        ticketed = voice.draw_tickets(rng["tickets"], people, placed)
        spoken = {
            "reviewed": reviewed,
            "answered": voice.draw_surveys(rng["surveys"], people, placed, ticketed),
            "ticketed": ticketed,
            "earned": voice.loyalty_events(people, placed, money),
            "seen": voice.draw_pages(rng["pages"], people, placed),
        }
        for name, rows in spoken.items():
            columns = dict(rows.as_mapping())
            columns["order_row"] = columns.pop("order", np.full(len(rows), NONE))
            tables.lend(connection, name, columns)
        self._write(tables.voice_outputs(part, self.kind, self.first_row, is_first))
        tables.lend(connection, "happened", events.as_mapping())
        tables.lend(connection, "arms", _arms(people, plan))
        self._write(tables.message_outputs(part, self.kind, self.first_event, is_first))
        if is_first:
            self.redelivered = _redelivered(connection)

        self.first_person += len(people)
        self.first_order += len(placed)
        self.first_event += len(events)
        counted = {
            "returns": len(returned),
            "refunds": len(refunded),
            "reviews": len(reviewed),
            "survey_responses": len(spoken["answered"]),
            "support_tickets": len(ticketed),
            "loyalty_events": len(spoken["earned"]),
            "page_events": len(spoken["seen"]),
        }
        for entity, size in counted.items():
            self.first_row[entity] += size

    def _count_new_customers(self, people: customers.Customers) -> None:
        paying = (people.role == customers.BUYER) & (people.source != NONE)
        np.add.at(self.new_customers, (people.start_day[paying] - clock.FIRST_DAY, people.source[paying]), 1)

    def finish(self) -> None:
        """Write the files that belong to no person."""
        streams = [np.random.default_rng([self.seed, 1 << 31, stream]) for stream in range(3)]
        days, rates = shopwide.exchange_rates(streams[0])
        connection = self.connection
        tables.lend(connection, "rates", {"day_number": days, "rate": rates})
        tables.lend(connection, "spend", shopwide.spend(streams[1], self.new_customers))
        tables.lend(connection, "mentioned", shopwide.mentions(streams[2]))
        for name, values in (
            ("product_rows", tables.product_rows()),
            ("spend_labels", shopwide.spend_labels()),
            ("mention_topics", [row[0] for row in texts.MENTIONS]),
            ("mention_texts", [row[2] for row in texts.MENTIONS]),
        ):
            connection.execute(f"set variable {name} = $1", [values])
        self._write(tables.shop_outputs())
        connection.close()


def place_orders(
    rng: dict[str, np.random.Generator],
    people: customers.Customers,
    plan: orders.Programme,
    is_first_chunk: bool,
) -> orders.Orders:
    """All orders but exchanges. Sets the flows' triggers and what they caused in `plan`."""
    base = orders.base_orders(rng["orders"], people)
    orders.trigger_after_first_order(people, base, plan)
    early = tuple(flow for flow in programme.FLOWS if flow.has_experiment and flow != programme.WIN_BACK)
    caused = orders.draw_caused_orders(rng["flows"], people, plan, early)
    renewed = orders.renewals(rng["orders"], people, base)
    placed = orders.Orders.stack([base, caused, renewed])
    orders.trigger_win_back(people, placed, plan)
    won_back = orders.draw_caused_orders(rng["win_back"], people, plan, (programme.WIN_BACK,))
    odd = orders.odd_orders(rng["odd"], people, base, is_first_chunk)
    return orders.Orders.stack([placed, won_back, odd])


def _arms(people: customers.Customers, plan: orders.Programme) -> dict[str, Ints]:
    """The flow_holdouts rows: every assigned person in every experiment."""
    flows = np.array([index for index, flow in enumerate(programme.FLOWS) if flow.has_experiment])
    person = np.flatnonzero(customers.is_assigned(people))
    flow = np.repeat(flows, len(person))
    person = np.tile(person, len(flows))
    return {
        "flow": flow,
        "person": person,
        "held_out": plan.held_out[flow, person],
        "triggered_at": plan.triggered_at[flow, person],
    }


def _redelivered(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of orders and lines that the first chunk delivers a second time, unchanged."""
    orders_again = f"""
        select number from placed where changed_at = 0 and channel = {customers.OWN_STORE}
        order by number limit {tables.REDELIVERED_ORDERS}
    """
    counts = connection.execute(
        f"select (select count(*) from ({orders_again})), "
        f"(select count(*) from first_lines where number in ({orders_again}))"
    ).fetchall()[0]
    return {"orders": int(counts[0]), "order_lines": int(counts[1])}
