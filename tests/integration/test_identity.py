"""Persons are kept from build to build, and what a delivery doesn't touch isn't resolved again: with the same result.

Random shops of many circles of acquaintances, each with its own few ids, addresses and numbers, so that records
join and part persons all the time: merges, changed addresses, an account with too many of them, placeholders, relays,
a marketplace's phone numbers, and as-of moments that go back and forth.
"""

import itertools
import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.conftest import drop_rows, write_shop
from tests.integration.warehouse import Builder, Warehouse

CIRCLES = 80
SELECTED = "+int_identity__resolved int_identity__mail"
RESULTS = {
    "intermediate.int_identity__records": "* exclude (build)",
    "intermediate.int_identity__persons": "* exclude (build)",
    "intermediate.int_identity__record_persons": "*",
    "intermediate.int_identity__mail": "*",
    "ops.identity_merges": "*",
}
START = datetime(2024, 1, 1)  # noqa: DTZ001
# No shop without a line.
LINES = {"order_lines": [{"order_id": "0-0", "line_id": "1", "quantity": 1, "unit_price": 10}]}
# Days after the start that the figures are computed for, delivery by delivery: late, backwards, and far ahead.
MOMENTS = (60, 100, 80, 80, 400)

Tables = dict[str, list[tuple[object, ...]]]


class Circle:
    """Some ids, addresses and numbers that stand together on records at random."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.number = number
        self.chance = chance
        # Every eighth has an account with more addresses than a person has.
        self.is_counter = number % 8 == 0
        self.ids = [f"c{number}-{member}" for member in range(1 if self.is_counter else 4)]
        self.emails = [f"m{member}@circle{number}.example" for member in range(30 if self.is_counter else 5)]
        self.emails += ["noreply@shop.example", f"x{number}@marketplace.amazon.com"]
        self.phones = [f"+1212555{number:02}{member:02}" for member in range(3)] + ["212 555"]
        self.orders: list[str] = []

    def evidence(self) -> dict[str, object]:
        """One, two or all three kinds, or now and then none."""
        pick = self.chance
        return {
            "customer_id": pick.choice(self.ids) if self.is_counter or pick.random() < 0.4 else "",
            "email": pick.choice(self.emails) if self.is_counter or pick.random() < 0.5 else "",
            "phone": pick.choice(self.phones) if pick.random() < 0.25 else "",
        }

    def order(self, day: int) -> dict[str, object]:
        """A new order of a day before the given one, or an earlier one with other evidence."""
        pick = self.chance
        if self.orders and pick.random() < 0.3:
            order_id = pick.choice(self.orders)
        else:
            order_id = f"{self.number}-{len(self.orders)}"
            self.orders.append(order_id)
        # The same few moments again and again, so that equal ones must be told apart by the rule.
        placed = START + timedelta(days=len(self.orders) % day)
        return {
            "order_id": order_id,
            "ordered_at": f"{placed}Z",
            "updated_at": f"{START + timedelta(days=pick.randrange(day + 20))}Z",
            "channel": "amazon" if pick.random() < 0.1 else "",
            **self.evidence(),
        }

    def profile(self, day: int) -> dict[str, object]:
        pick = self.chance
        stamp = f"{START + timedelta(days=pick.randrange(day + 20))}Z"
        return {
            "email_consent": pick.choice(["subscribed", "unsubscribed", ""]),
            "email_consent_at": stamp if pick.random() < 0.5 else "",
            "updated_at": stamp,
            **self.evidence(),
        }


def deliver(shop: Path, circles: list[Circle], chance: random.Random, step: int) -> None:
    """Records of all circles at first, then a few of a few of them."""
    touched = circles if step == 0 else chance.sample(circles, 10) + [circle for circle in circles if circle.is_counter]
    records = 12 if step == 0 else 3
    day = MOMENTS[step]
    orders = [circle.order(day) for circle in touched for _ in range(records)]
    profiles = [circle.profile(day) for circle in touched for _ in range(records // 3)]
    drop_rows(shop, "orders", f"{step}.csv", orders)
    drop_rows(shop, "profiles", f"{step}.csv", [row for row in profiles if row["customer_id"] or row["email"]])


def set_moment(shop: Path, step: int, **settings: object) -> None:
    shown = ", ".join(f"{name}: {value}" for name, value in settings.items())
    moment = START + timedelta(days=MOMENTS[step])
    (shop / "shop.yml").write_text(
        f"name: circles\ntimezone: UTC\ncurrency: USD\nas_of: {moment:%Y-%m-%dT%H:%M:%S}\nsettings: {{{shown}}}\n"
    )


def tables(warehouse: Warehouse) -> Tables:
    return {name: warehouse.query(f"select {columns} from {name} order by all") for name, columns in RESULTS.items()}


def from_scratch(builder: Builder, shop: Path, warehouse: Warehouse) -> Tables:
    """The same delivered rows, with nothing kept from the builds before."""
    name = f"{warehouse.file.stem}_full"
    full = builder.rerun(shop, name, warehouse, "drop table intermediate.int_identity__resolved", SELECTED)
    assert full.value("select build = full_build from intermediate.int_identity__build")
    return tables(full)


def members(warehouse: Warehouse) -> dict[object, list[tuple[object, ...]]]:
    """Every person with the records and the evidence that are theirs."""
    rows = warehouse.query(
        "select person_id, record_key, seen_at, id_evidence, email_evidence, phone_evidence "
        "from intermediate.int_identity__record_persons left join intermediate.int_identity__records "
        "using (record_key, seen_at) union all "
        "select person_id, evidence, seen_at, null, null, null from intermediate.int_identity__persons order by all"
    )
    found: dict[object, list[tuple[object, ...]]] = {}
    for person, *row in rows:
        found.setdefault(person, []).append(tuple(row))
    return found


def joined_one_by_one(warehouse: Warehouse) -> dict[object, tuple[object, object]]:
    """When and by which record each piece of evidence became its person's, by joining persons record by record."""
    known_persons = "from intermediate.int_identity__persons where not is_cut"
    seen = {row[0]: row[1] for row in warehouse.query(f"select evidence, seen_at {known_persons}")}
    first = {row[0] for row in warehouse.query(f"select evidence {known_persons} and person_id = md5(evidence)")}
    records = warehouse.query(
        "select seen_at, record_key, id_evidence, email_evidence, phone_evidence "
        "from intermediate.int_identity__records order by seen_at nulls last, record_key"
    )
    first_records: dict[tuple[object, object], tuple[datetime, object]] = {}
    for moment, key, *evidence in records:
        for pair in itertools.combinations([piece for piece in evidence if piece in seen], 2):
            # Without a date of its own a record joins when both have been seen.
            known = [value for value in (seen[pair[0]], seen[pair[1]]) if isinstance(value, datetime)]
            joined = moment if isinstance(moment, datetime) else max(known, default=datetime.max)  # noqa: DTZ901
            first_records.setdefault(pair, (joined, key))
    groups = {piece: {piece} for piece in seen}
    found: dict[object, tuple[object, object]] = {}
    for (left, right), (joined, key) in sorted(first_records.items(), key=lambda item: (item[1], str(item[0]))):
        ours, theirs = groups[left], groups[right]
        if ours is theirs:
            continue
        for group, other in ((ours, theirs), (theirs, ours)):
            if group & first:
                found |= dict.fromkeys(other, (None if joined == datetime.max else joined, key))  # noqa: DTZ901
        ours |= theirs
        for piece in theirs:
            groups[piece] = ours
    return found


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3, 4))])
def test_what_a_delivery_touches_is_resolved_as_if_all_were(builder: Builder, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    circles = [Circle(number, chance) for number in range(CIRCLES)]
    shop = write_shop(tmp_path, "circles", LINES)
    warehouse: Warehouse | None = None
    cut = set()
    for step in range(len(MOMENTS)):
        deliver(shop, circles, chance, step)
        set_moment(shop, step)
        before = members(warehouse) if warehouse else {}
        warehouse = builder.build(shop, f"circles_{seed}_{step}", upon=warehouse, select=SELECTED)
        assert tables(warehouse) == from_scratch(builder, shop, warehouse)
        cut.add(warehouse.value("select count(*) from intermediate.int_identity__persons where is_cut"))
        if step == 0:
            continue
        # Nobody changed who isn't said to have.
        after = members(warehouse)
        changed = {person for person in before.keys() | after.keys() if before.get(person) != after.get(person)}
        said = warehouse.query(
            "select person_id from intermediate.int_identity__changed_persons "
            "inner join intermediate.int_identity__build using (build)"
        )
        assert changed
        assert changed <= {person for (person,) in said}
        # And others weren't resolved again.
        assert len(said) < len(after)
        assert warehouse.value("select full_build < build from intermediate.int_identity__build")
    assert warehouse is not None
    # Accounts pass the number of addresses a person may have, and come back from it.
    assert len(cut) > 2
    log = warehouse.query("select evidence, joined_at, joined_by from ops.identity_merges where not is_cut")
    assert {evidence: (joined_at, joined_by) for evidence, joined_at, joined_by in log} == joined_one_by_one(warehouse)
    assert warehouse.value("select count(*) from ops.identity_merges where was_separate") != 0


@pytest.fixture(scope="module")
def delivered(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Warehouse, list[Circle]]:
    """A shop that was built once and has had another delivery since."""
    chance = random.Random(5)
    circles = [Circle(number, chance) for number in range(CIRCLES)]
    shop = write_shop(tmp_path_factory.mktemp("delivered"), "circles", LINES)
    deliver(shop, circles, chance, 0)
    set_moment(shop, 0)
    warehouse = builder.build(shop, "delivered", select=SELECTED)
    deliver(shop, circles, chance, 1)
    set_moment(shop, 1)
    return shop, warehouse, circles


def test_build_that_broke_off_is_not_built_upon(
    builder: Builder, delivered: tuple[Path, Warehouse, list[Circle]]
) -> None:
    shop, warehouse, _ = delivered
    broken = builder.build(shop, "broken", upon=warehouse, select="+int_identity__record_persons")
    mended = builder.rerun(shop, "mended", broken, "select 1", SELECTED)
    assert mended.value("select build = full_build from intermediate.int_identity__build")
    assert tables(mended) == from_scratch(builder, shop, mended)


def test_changed_setting_resolves_everybody_again(
    builder: Builder, delivered: tuple[Path, Warehouse, list[Circle]]
) -> None:
    shop, warehouse, _ = delivered
    set_moment(shop, 1, max_emails_per_person=3)
    stricter = builder.build(shop, "stricter", upon=warehouse, select=SELECTED)
    set_moment(shop, 1)
    assert stricter.value("select build = full_build from intermediate.int_identity__build")
    cut = "select count(*) from intermediate.int_identity__persons where is_cut"
    assert stricter.value(cut) > warehouse.value(cut)  # type: ignore[operator]


def test_model_run_by_itself_after_the_build_changes_nothing(
    builder: Builder, delivered: tuple[Path, Warehouse, list[Circle]]
) -> None:
    shop, warehouse, _ = delivered
    built = builder.build(shop, "built", upon=warehouse, select=SELECTED)
    again = builder.rerun(
        shop,
        "again",
        built,
        "delete from raw_drop.orders where order_id like '1-%'",
        "int_orders__current int_identity__changes int_identity__records int_identity__touched int_identity__persons",
    )
    assert tables(again) == tables(built)
    # The rows that went missing meanwhile are seen by the next build.
    later = builder.rerun(shop, "later", again, "select 1", SELECTED)
    assert later.value("select full_build < build from intermediate.int_identity__build")
    assert tables(later) == from_scratch(builder, shop, later)
    assert tables(later) != tables(built)
