"""A day's delta: three rows of a thousand, most of them new and of that day, some late, some changed."""

from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.sources.drop.entities import ENTITIES

# What a row is known by, and when it happened. Lines go with their order.
_KEYS = {
    "orders": ("order_id", "ordered_at"),
    "order_lines": ("order_id", None),
    "message_events": ("event_id", "occurred_at"),
    "page_events": ("event_id", "occurred_at"),
    "loyalty_events": ("event_id", "occurred_at"),
    "fulfillments": ("fulfillment_id", "shipped_at"),
    "refunds": ("refund_id", "refunded_at"),
    "returns": ("return_id", "requested_at"),
    "reviews": ("review_id", "created_at"),
    "survey_responses": ("response_id", "submitted_at"),
    "support_tickets": ("ticket_id", "created_at"),
    "profiles": ("email", None),
}
# What is another in a changed row.
_CHANGED = {
    "orders": ("tax", "'1.11'"),
    "order_lines": ("quantity", "'2'"),
    "message_events": ("link", "'https://changed.example'"),
    "page_events": ("url", "'https://changed.example'"),
    "loyalty_events": ("points", "'3'"),
    "fulfillments": ("status", "'changed'"),
    "refunds": ("amount", "'0.5'"),
    "returns": ("reason", "'changed'"),
    "reviews": ("rating", "'3'"),
    "survey_responses": ("score", "'3'"),
    "support_tickets": ("topic", "'other'"),
    "profiles": ("email_consent", "'unsubscribed'"),
}


def deliver(connection: duckdb.DuckDBPyConnection, shop: Path, before: datetime, number: int) -> int:
    """Drop the delta of the day that follows `before` into the shop's folder; how many rows.

    One row in six of the delta is changed, one is late, four are new and of the day; a sixth of the new orders are of
    somebody new.
    """
    total = 0
    for name, (key, moment) in _KEYS.items():
        changed, value = _CHANGED[name]
        of_day = (
            f"strftime(timestamp '{before:%Y-%m-%d %H:%M:%S}' + to_seconds(cast(hash({key}) % 86400 as bigint)), "
            "'%Y-%m-%d %H:%M:%S+00')"
        )
        stamp = f"strftime(timestamp '{before:%Y-%m-%d %H:%M:%S}' + interval 12 hour, '%Y-%m-%d %H:%M:%S+00')"
        columns = []
        for column in ENTITIES[name].column_names:
            expression = column
            if column == key and name != "profiles":
                expression = f"case when kind = 0 then {column} else {column} || '-d{number}' end"
            elif column == moment:
                expression = f"case when kind >= 2 then {of_day} else {column} end"
            elif column == "updated_at":
                expression = f"case when kind = 0 then {stamp} else {column} end"
            elif column == changed:
                expression = f"case when kind = 0 then {value} else {column} end"
            elif column == "email" and name == "orders":
                expression = f"case when kind = 5 then 'new{number}-' || {column} else {column} end"
            columns.append(f"{expression} as {column}")
        kind = "0" if name == "profiles" else f"hash({key}, {number}, 'kind') % 6"
        folder = shop / "drop" / name
        folder.mkdir(parents=True, exist_ok=True)
        ((rows,),) = connection.execute(
            f"copy (select {', '.join(columns)} from (select *, {kind} as kind from raw_drop.{name} "
            f"where hash({key}, {number}) % 1000 < 3)) to '{folder}/delta_{number:03d}.parquet'"
        ).fetchall()
        total += int(rows)
    return total
