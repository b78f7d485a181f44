"""An erased person's rows of dropped files: which they are, and what is left of them.

What is about a sale stays, as a sale of nobody: orders, lines, refunds, returns and fulfilments, without what names
anybody. A referral code stays too, nobody's: other people's orders used it. All other rows of the person go.

Every statement reads the temporary table `erased (kind, value)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from orchestration.privacy.texts import BLANK, blanked, holds, holds_value
from orchestration.privacy.tombstones import EMAIL_IN_TEXT, Tombstones
from orchestration.sources.drop.entities import ENTITIES, Entity
from orchestration.sources.drop.rules import is_sound
from orchestration.sql import quoted

_SCHEMA: Final = "raw_drop"
# What takes the place of a code's owner, who must be named: an id that no customer has.
NOBODY: Final = "erased"
# Columns that name a person on a row that stays, and what stands there afterwards. `_extra`, the columns that nobody
# knows, goes whole: it is where exports carry addresses and notes.
_BLANK: Final[dict[str, dict[str, str | None]]] = {
    "orders": dict.fromkeys(("customer_id", "email", "phone", "first_name", "last_name", "ship_region")),
    "order_lines": {},
    "refunds": {},
    "returns": {"reason_text": None},
    "fulfillments": {},
    "referrals": {"referrer_email": None, "referrer_customer_id": NOBODY},
}
_KINDS: Final = {
    "email": "email", "referrer_email": "email", "phone": "phone", "customer_id": "id:drop",
    "referrer_customer_id": "id:drop", "order_id": "order:drop",
}  # fmt: skip


def phone_of(expression: str) -> str:
    """SQL for a phone number as persons are told apart by it, as `macros/engine/phone_digits.sql` has it, else NULL."""
    digits = f"regexp_replace({expression}, '[\\s().\\-/]', '', 'g')"
    return f"case when regexp_matches({digits}, '^\\+[1-9]\\d{{6,14}}$') then {digits} end"


def value_of(kind: str, expression: str) -> str:
    """SQL for a delivered text as a value of a kind, spelled as values are compared; NULL where there is none."""
    match kind.split(":")[0]:
        case "email" | "order":
            return f"nullif(lower(trim({expression})), '')"
        case "phone":
            return phone_of(expression)
        case _:
            return f"nullif(trim({expression}), '')"


def stays(entity: Entity) -> bool:
    """Whether rows of the entity stay, without the person."""
    return entity.name in _BLANK


def identifiers(entity: Entity, relation: str) -> str:
    """SQL of a relation (kind, value) of all identifiers in a relation of the entity's rows, in one reading.

    Addresses that a text quotes are among them, whoever wrote it.
    """
    pairs = ", ".join(
        f"struct_pack(kind := '{kind}', value := {value_of(kind, column)})"
        for column, kind in _KINDS.items()
        if column in entity.column_names
    )
    quotes = ", ".join(f"case when contains({name}, '@') then {name} end" for name in _texts_of(entity))
    quoted = (
        f"list_transform(regexp_extract_all(lower(concat_ws(' ', {quotes})), '{EMAIL_IN_TEXT}'), "
        "lambda text: struct_pack(kind := 'email', value := text))"
    )
    return f"(select unnest(list_concat([{pairs}], {quoted}), recursive := true) from {relation})"


def _texts_of(entity: Entity) -> list[str]:
    """Columns in which an address may be quoted."""
    own = [column.name for column in entity.columns if column.kind == "text" and column.name not in _KINDS]
    return [*own, "_extra"]


def is_erased(entity: Entity, of: str = "{}") -> str:
    """SQL that is true for a row of an erased person; `of` gives a column's SQL by its name."""
    tests = [
        f"coalesce({value_of(kind, of.format(column))} in (select value from erased where kind = '{kind}'), false)"
        for column, kind in _KINDS.items()
        if column in entity.column_names
    ]
    return f"({' or '.join(tests) or 'false'})"


def is_refused_of_erased(entity: Entity) -> str:
    """SQL that is true in `ops.rejected_rows` for a refused row of an erased person."""
    cells = is_erased(entity, "json_extract_string(original, '$.{}')")
    quotes = (
        f"exists (select 1 from erased where kind in ('email', 'phone') and {holds_value('original', 'erased.value')})"
    )
    return f"entity = '{entity.name}' and ({cells} or {quotes})"


def without_erased(entity: Entity, relation: str, emails: Sequence[str]) -> str:
    """SQL of the relation as it may be taken in: without the rows that go, and without the person on those that stay.

    Of `emails`, which are in `erased`, quotations are blanked in everybody's texts.

    A row that stays is left out too if it breaks the entity's contract: kept for its owner to see it would name them.
    """
    marked = f"(select *, {is_erased(entity)} as _is_erased from {relation})"
    columns = {
        name: f"case when {holds(name, emails)} then {blanked(name, emails)} else {name} end"
        for name in _texts_of(entity)
        if emails
    }
    if not stays(entity):
        replaced = f"replace ({_as(columns)})" if columns else ""
        return f"(select * exclude (_is_erased) {replaced} from {marked} where not _is_erased)"
    for name, value in {**_BLANK[entity.name], "_extra": None}.items():
        columns[name] = f"case when _is_erased then {_literal(value)} else {columns.get(name, name)} end"
    return (
        f"(select * exclude (_is_erased) replace ({_as(columns)}) from {marked} "
        f"where not _is_erased or ({is_sound(entity)}))"
    )


def _as(columns: dict[str, str]) -> str:
    return ", ".join(f"{sql} as {name}" for name, sql in columns.items())


def _literal(value: str | None) -> str:
    return "cast(null as varchar)" if value is None else quoted(value)


@dataclass
class Swept:
    """What a sweep found: rows that went and that stay by entity, where they came from, and their loads."""

    removed: dict[str, int]
    blanked: dict[str, int]
    places: dict[str, list[int]]
    loads: set[int]


def quoted_in(relation: str) -> str:
    """SQL of a relation (kind, value) of the addresses that rows quote which were refused as a whole."""
    found = f"select unnest(regexp_extract_all(lower(original), '{EMAIL_IN_TEXT}')) as value from {relation}"
    return f"(select 'email' as kind, value from ({found}))"


def leave_out_malformed(connection: duckdb.DuckDBPyConnection, tombstones: Tombstones) -> int:
    """Forget rows in `malformed` that quote an erased person's address; how many."""
    tombstones.find(connection, quoted_in("malformed"))
    quotes = f"exists (select 1 from erased where kind = 'email' and {holds_value('original', 'erased.value')})"
    return len(connection.execute(f"delete from malformed where {quotes} returning line").fetchall())


def sweep(connection: duckdb.DuckDBPyConnection) -> Swept:
    """Take the person in `erased` out of the raw tables and the refused rows."""
    swept = Swept({}, {}, {}, set())
    for entity in ENTITIES.values():
        table, matches = f"{_SCHEMA}.{entity.name}", is_erased(entity)
        found = connection.execute(
            f"select _file, list(_row_number order by _row_number), list(distinct _load_id) from {table} "
            f"where {matches} group by _file order by _file"
        ).fetchall()
        _note(swept, found)
        count = sum(len(rows) for _, rows, _ in found)
        if count and stays(entity):
            swept.blanked[entity.name] = count
            _blank(connection, entity, table, matches)
        elif count:
            swept.removed[entity.name] = count
            connection.execute(f"delete from {table} where {matches}")
        _sweep_refused(connection, entity, swept)
    return swept


def _blank(connection: duckdb.DuckDBPyConnection, entity: Entity, table: str, matches: str) -> None:
    blank = {**_BLANK[entity.name], "_extra": None}
    # The hash by which a row that comes again is known: that of the row as it now stands.
    content = ", ".join(_literal(blank[name]) if name in blank else name for name in (*entity.column_names, "_extra"))
    values = ", ".join(f"{name} = {_literal(value)}" for name, value in blank.items())
    connection.execute(
        f"update {table} set {values}, _row_hash = hash({content}, cast(null as varchar)) where {matches}"
    )


def rehash(connection: duckdb.DuckDBPyConnection) -> None:
    """Give rows in which a quotation was blanked the hash by which they are known when they come again."""
    for entity in ENTITIES.values():
        content = ", ".join((*entity.column_names, "_extra"))
        connection.execute(
            f"update {_SCHEMA}.{entity.name} set _row_hash = hash({content}, cast(null as varchar)) "
            f"where contains(concat_ws(' ', {content}), '{BLANK}')"
        )


def _sweep_refused(connection: duckdb.DuckDBPyConnection, entity: Entity, swept: Swept) -> None:
    rows = connection.execute(
        f"delete from ops.rejected_rows where {is_refused_of_erased(entity)} returning file, row_number, load_id"
    ).fetchall()
    _note(swept, [(file, [row], [load]) for file, row, load in rows])
    if rows:
        swept.removed["rejected rows"] = swept.removed.get("rejected rows", 0) + len(rows)


def _note(swept: Swept, found: list[tuple[str, list[int], list[int]]]) -> None:
    for file, rows, loads in found:
        swept.places[file] = sorted({*swept.places.get(file, ()), *rows})
        swept.loads |= set(loads)


def orders_of(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Ids of the person's dropped orders."""
    matches = is_erased(ENTITIES["orders"])
    return _texts(connection, f"select distinct {value_of('order', 'order_id')} from {_SCHEMA}.orders where {matches}")


def beside(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """All that stands beside the person's identifiers on orders and profiles."""
    found = set()
    for entity in (ENTITIES["orders"], ENTITIES["profiles"]):
        rows = f"{_SCHEMA}.{entity.name} where {is_erased(entity)}"
        own = f"(select * replace (cast(null as varchar) as _extra) from {rows})"
        pairs = connection.execute(f"select distinct kind, value from {identifiers(entity, own)}").fetchall()
        found |= {(kind, value) for kind, value in pairs if value}
    return found


def names_and_phones(connection: duckdb.DuckDBPyConnection) -> tuple[set[str], set[str]]:
    """Full names on the person's orders that nobody else's carry, and phone numbers as they were delivered."""
    matches = is_erased(ENTITIES["orders"])
    name = "lower(trim(first_name) || ' ' || trim(last_name))"
    alone = f"bool_and({matches}) and length(any_value({name})) > 4"
    names = _texts(connection, f"select {name} from {_SCHEMA}.orders group by all having {alone}")
    phones = {
        value
        for entity in (ENTITIES["orders"], ENTITIES["profiles"])
        for value in _texts(
            connection, f"select distinct trim(phone) from {_SCHEMA}.{entity.name} where {is_erased(entity)}"
        )
    }
    return names, phones


def _texts(connection: duckdb.DuckDBPyConnection, sql: str) -> set[str]:
    return {str(row[0]) for row in connection.execute(sql).fetchall() if row[0]}
