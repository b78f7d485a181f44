"""An erased person's records in the raw tables of connected systems: which they are, and what is left of them.

Orders and their refunds stay as sales of nobody; every other record of the person goes. Every statement reads the
temporary table `erased (kind, value)`.
"""

from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa

from orchestration.privacy.dropped import value_of
from orchestration.privacy.tombstones import EMAIL_IN_TEXT, Tombstones
from orchestration.sources.shopify.redaction import NOTES, PERSONAL
from orchestration.sql import has_table

# Of an order at Shopify not even the customer's number stays: with it the shop's own pages would name the buyer.
_ORDER: Final = f"""json_merge_patch(json_merge_patch(
    cast(regexp_replace(cast(payload as varchar), '{NOTES}', '"\\1":""', 'g') as json), '{PERSONAL}'
), '{{"customer": null}}')"""


@dataclass(frozen=True)
class Records:
    """Where records of one stream name a person.

    Attributes:
        lists: (kind, SQL of a list of texts) over the columns id and payload.
        own: kind of the record's own id, where the record is the person's account.
        rest: SQL of the payload without the person, where the record stays; None where it goes.
    """

    lists: tuple[tuple[str, str], ...]
    own: str | None = None
    rest: str | None = None

    @property
    def order(self) -> str | None:
        """Kind of the record's own id, where the record is an order."""
        return next((kind for kind, sql in self.lists if kind.startswith("order:") and "(id" in sql), None)


def _at(kind: str, *paths: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (kind, sql if path.endswith(("*]", ".*")) else f"[{sql}]")
        for path in paths
        for sql in [f"json_extract_string(payload, '{path}')"]
    )


def _number(kind: str, expression: str) -> tuple[tuple[str, str], ...]:
    """The number at the end of one of Shopify's global ids."""
    return ((kind, f"[regexp_extract({expression}, '([0-9]+)$', 1)]"),)


def _account(kind: str, *emails: str, phones: tuple[str, ...] = ()) -> Records:
    return Records((*_at("email", *emails), *_at("phone", *phones), (kind, "[(id)]")), own=kind)


RECORDS: Final[dict[tuple[str, str], Records]] = {
    ("shopify", "customers"): Records(
        (
            *_at("email", "$.defaultEmailAddress.emailAddress"),
            *_at("phone", "$.defaultPhoneNumber.phoneNumber"),
            *_number("id:shopify", "(id)"),
        ),
        own="id:shopify",
    ),
    ("shopify", "orders"): Records(
        (
            *_at("email", "$.email"),
            *_at("phone", "$.phone"),
            *_number("id:shopify", "json_extract_string(payload, '$.customer.id')"),
            *_number("order:shopify", "(id)"),
        ),
        rest=_ORDER,
    ),
    ("shopify", "refunds"): Records(
        _number("order:shopify", "json_extract_string(payload, '$.order.id')"),
        rest="json_merge_patch(cast(payload as json), '{\"note\": null}')",
    ),
    ("shopify", "deletions"): Records(
        (("id:shopify", "[regexp_extract(json_extract_string(payload, '$.subjectId'), 'Customer/([0-9]+)$', 1)]"),)
    ),
    ("klaviyo", "profiles"): _account("id:klaviyo", "$.attributes.email", phones=("$.attributes.phone_number",)),
    ("klaviyo", "events"): Records(_at("id:klaviyo", "$.relationships.profile.data.id")),
    ("omnisend", "contacts"): _account("id:omnisend", "$.email", phones=("$.phone[*]",)),
    ("judgeme", "reviews"): Records(
        (
            *_at("email", "$.reviewer.email"),
            # The store's own number of the customer.
            *_at("id:judgeme", "$.reviewer.external_id"),
            *_at("id:shopify", "$.reviewer.external_id"),
        )
    ),
    ("yotpo", "reviews"): Records(_at("email", "$.email")),
    ("typeform", "responses"): Records(
        (
            # Addresses are hidden fields or answers, under names of the form's own.
            ("email", f"regexp_extract_all(lower(cast(payload as varchar)), '{EMAIL_IN_TEXT}')"),
            *_at("id:typeform", "$.hidden.*"),
        )
    ),
    ("amazon", "orders"): Records(
        (*_at("email", "$.buyer.buyerEmail"), ("order:amazon", "[(id)]")),
        rest="""json_merge_patch(
            cast(payload as json), '{"buyer": null, "recipient": {"deliveryAddress": {"stateOrRegion": null}}}'
        )""",
    ),
    ("smile", "customers"): _account("id:smile", "$.email"),
    ("smile", "customer_tiers"): Records(_at("id:smile", "$.customer_id")),
    ("smile", "points_transactions"): Records(_at("id:smile", "$.customer_id")),
    ("yotpo_loyalty", "customers"): Records((("email", "[(id)]"), *_at("email", "$.email"))),
    ("yotpo_loyalty", "customer_tiers"): Records(_at("email", "$.email")),
}


def identifiers(records: Records, relation: str) -> str:
    """SQL of a relation (kind, value) of all identifiers in a relation of raw records."""
    lists = ", ".join(
        f"list_transform({sql}, lambda text: struct_pack(kind := '{kind}', value := {value_of(kind, 'text')}))"
        for kind, sql in records.lists
    )
    return f"(select unnest(flatten([{lists}]), recursive := true) from {relation})"


def is_erased(records: Records) -> str:
    """SQL that is true for a record of an erased person."""
    tests = [
        f"coalesce(list_has_any(list_transform({sql}, lambda text: {value_of(kind, 'text')}), "
        f"(select list(value) from erased where kind = '{kind}')), false)"
        for kind, sql in records.lists
    ]
    return f"({' or '.join(tests)})"


def without_erased(
    connection: duckdb.DuckDBPyConnection, tombstones: Tombstones, source: str, stream: str, rows: pa.Table
) -> tuple[pa.Table, set[tuple[str, str]]]:
    """What may be stored of a page's records, and accounts of erased persons that nobody has known before.

    A tool gives a person who comes back by the same address a new number, by which other streams go on to name them.

    Args:
        connection: to the shop's warehouse.
        rows: columns id, updated_at and payload (text).
    """
    records = RECORDS.get((source, stream))
    if records is None or not tombstones:
        return rows, set()
    connection.register("arrived", rows)
    try:
        connection.execute("drop table if exists temp.erased")
        if not tombstones.find(connection, identifiers(records, "arrived")):
            return rows, set()
        new = set()
        if records.own is not None:
            new = {own for own in _own(connection, "arrived", records, records.own) if not tombstones.has(*own)}
        if records.rest is None:
            kept = f"select id, updated_at, payload from arrived where not {is_erased(records)}"
        else:
            kept = (
                f"select id, updated_at, case when {is_erased(records)} then cast({records.rest} as varchar) "
                "else payload end as payload from arrived"
            )
        return connection.sql(kept).to_arrow_table(), new
    finally:
        connection.unregister("arrived")


def sweep(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, int], dict[str, int]]:
    """Take the person in `erased` out of the raw tables: records that went and that stay, by table."""
    removed, blanked = {}, {}
    for (source, stream), records in RECORDS.items():
        table = f"raw_{source}.{stream}"
        if not has_table(connection, f"raw_{source}", stream):
            continue
        row = connection.execute(f"select count(*) from {table} where {is_erased(records)}").fetchone()
        count = int(row[0]) if row else 0
        if count and records.rest is not None:
            blanked[table] = count
            connection.execute(f"update {table} set payload = {records.rest} where {is_erased(records)}")
        elif count:
            removed[table] = count
            connection.execute(f"delete from {table} where {is_erased(records)}")
    return removed, blanked


def beside(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """All that stands beside the person's identifiers on orders and accounts."""
    found = set()
    for (source, stream), records in RECORDS.items():
        if (records.order is None and records.own is None) or not has_table(connection, f"raw_{source}", stream):
            continue
        own = f"(select id, payload from raw_{source}.{stream} where {is_erased(records)})"
        rows = connection.execute(f"select distinct kind, value from {identifiers(records, own)}").fetchall()
        found |= {(kind, value) for kind, value in rows if value}
    return found


def orders_of(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """The person's orders at connected systems, as identifiers."""
    return {
        identifier
        for (source, stream), records in RECORDS.items()
        if records.order is not None and has_table(connection, f"raw_{source}", stream)
        for identifier in _own(connection, f"raw_{source}.{stream}", records, records.order)
    }


def ids_of(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """The person's accounts at connected systems, as identifiers."""
    return {
        identifier
        for (source, stream), records in RECORDS.items()
        if records.own is not None and has_table(connection, f"raw_{source}", stream)
        for identifier in _own(connection, f"raw_{source}.{stream}", records, records.own)
    }


def _own(connection: duckdb.DuckDBPyConnection, relation: str, records: Records, kind: str) -> set[tuple[str, str]]:
    own = next(sql for listed, sql in records.lists if listed == kind and "(id" in sql)
    rows = connection.execute(
        f"select distinct {value_of(kind, f'({own})[1]')} from {relation} where {is_erased(records)}"
    ).fetchall()
    return {(kind, str(row[0])) for row in rows if row[0]}
