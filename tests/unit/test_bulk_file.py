"""A bulk operation's file put together again: whole objects in order of change, wherever their lines lie."""

import json
import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.sources.shopify import bulk
from orchestration.sources.shopify.queries import DISCOUNTS, ORDERS

_ORDERS = 60


def _gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def _expected() -> list[dict[str, Any]]:
    """Orders as pages would bring them: up to three lines, every fifth with a return of two lines and one exchange."""
    orders = []
    for number in range(_ORDERS):
        returned = [
            {
                "id": _gid("Return", number),
                "returnLineItems": {"nodes": [{"id": _gid("ReturnLineItem", 10 * number + of)} for of in range(2)]},
                "exchangeLineItems": {"nodes": [{"id": _gid("ExchangeLineItem", number)}]},
            }
        ] * (number % 5 == 0)
        orders.append(
            {
                "id": _gid("Order", number),
                # The one that was placed first was changed last.
                "updatedAt": f"2025-01-{1 + (_ORDERS - number) // 24:02}T{(_ORDERS - number) % 24:02}:00:00Z",
                "lineItems": {"nodes": [{"id": _gid("LineItem", 10 * number + of)} for of in range(number % 4)]},
                "returns": {"nodes": returned},
            }
        )
    return orders


def _lines(orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The file's lines, an object's members right behind it."""
    lines = []
    for order in orders:
        lines.append({"id": order["id"], "updatedAt": order["updatedAt"]})
        lines += [{**item, "__parentId": order["id"]} for item in order["lineItems"]["nodes"]]
        for returned in order["returns"]["nodes"]:
            lines.append({"id": returned["id"], "__parentId": order["id"]})
            for name in ("returnLineItems", "exchangeLineItems"):
                lines += [{**item, "__parentId": returned["id"]} for item in returned[name]["nodes"]]
    return lines


@pytest.mark.parametrize("spread", [0, 4, 1_000])
@pytest.mark.parametrize("is_shuffled", [False, True])
def test_objects_come_whole_and_in_order_of_change(
    spread: int, is_shuffled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "ROOTS_A_PAGE", 7)
    monkeypatch.setattr(bulk, "_SPREAD", spread)
    orders = _expected()
    lines = _lines(orders)
    if is_shuffled:
        random.Random(1).shuffle(lines)
    file = tmp_path / "result.jsonl"
    file.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    pages = [table["record"].to_pylist() for table in bulk.objects_of(file, ORDERS)]
    assert [len(page) for page in pages] == [7] * 8 + [4]
    found = [json.loads(record) for page in pages for record in page]
    assert found == sorted(orders, key=lambda order: order["updatedAt"])


def test_codes_belong_to_their_discount_and_what_changed_outside_the_span_is_left_out(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = []
    for number in (3, 1, 2):
        owner = _gid("DiscountCodeNode", number)
        lines.append({"id": owner, "discount": {"updatedAt": f"2025-01-0{number}T00:00:00Z"}})
        lines.append({"id": _gid("DiscountRedeemCode", number), "code": f"C{number}", "__parentId": owner})
    file = tmp_path / "result.jsonl"
    file.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    pages = list(bulk.objects_of(file, DISCOUNTS, since=datetime(2025, 1, 2), until=datetime(2025, 1, 2, 12)))  # noqa: DTZ001
    (record,) = [json.loads(record) for page in pages for record in page["record"].to_pylist()]
    assert record["id"] == _gid("DiscountCodeNode", 2)
    assert [code["code"] for code in record["codes"]["nodes"]] == ["C2"]
