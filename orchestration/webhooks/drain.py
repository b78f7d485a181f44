"""Doing what webhooks asked for: called with every load of Shopify, in the same warehouse."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from orchestration.privacy.erase import begin_customer
from orchestration.sources.shopify.redaction import remove_order
from orchestration.webhooks.queue import Pending, Queue
from orchestration.webhooks.shopify import Action

SHOPIFY: Final = "shopify"


def asked_for(queue_file: Path) -> list[Pending]:
    """What webhooks have asked for so far; nothing where none ever came. To be read before Shopify is loaded."""
    return Queue(queue_file).pending() if queue_file.exists() else []


def drain(
    connection: duckdb.DuckDBPyConnection, queue_file: Path, pending: Sequence[Pending], is_loaded: bool,
    privacy: Path, moment: datetime,
) -> list[str]:  # fmt: skip
    """Do what was asked for before the load, and take it out of the queue.

    Args:
        connection: to the shop's warehouse, writable.
        pending: of `asked_for`, read before the load began.
        is_loaded: whether the load took everything that changed until then: changed orders have come with it. If not,
            they stay in the queue.
        privacy: folder of the shop's tombstones.
        moment: now, naive UTC.

    Returns:
        What the shop's owner has to see to, a line each.
    """
    done, notes = [], []
    for item in pending:
        change = item.change
        match change.action:
            case Action.FETCH_ORDER:
                if not is_loaded:
                    continue
            case Action.DELETE_ORDER:
                remove_order(connection, change.object_id)
            case Action.REDACT_CUSTOMER:
                begin_customer(connection, privacy, SHOPIFY, change.object_id, change.order_ids, moment)
            case Action.DATA_REQUEST:
                notes.append(f"customer {change.object_id} asks what is held of them: answer within 30 days")
            case Action.REDACT_SHOP:
                notes.append(
                    f"the app was removed from shop {change.object_id} 48 hours ago: its data are to be erased"
                )
        done.append(item)
    if done:
        # On the disk before the queue forgets: whoever is killed in between does it again, which changes nothing.
        connection.execute("checkpoint")
        Queue(queue_file).settle(done)
    return notes
