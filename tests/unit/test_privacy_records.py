"""Erased persons' texts and records: what is theirs, what is somebody else's, and what is left of what stays."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from orchestration.privacy.connected import RECORDS, without_erased
from orchestration.privacy.texts import blank, blanked, holds, pattern_of
from orchestration.privacy.tombstones import Tombstones
from orchestration.sources.registry import SOURCES
from orchestration.sql import quoted

MOMENT = datetime(2026, 1, 1)  # noqa: DTZ001
GID = "gid://shopify/"
ANN = ("ann@example.com", "+4915112345678")
# Streams that say nothing of a person.
NOBODYS = {
    "klaviyo": {"metrics", "flows", "flow_actions", "campaigns", "lists", "attributions"},
    "omnisend": {"campaigns", "automations"},
    "shopify": {"products", "discounts"},
    "smile": {"vip_tiers"},
    "typeform": {"forms"},
}


def test_of_every_stream_it_is_decided_whom_it_names() -> None:
    for source in SOURCES.values():
        decided = {stream for name, stream in RECORDS if name == source.name} | NOBODYS.get(source.name, set())
        assert {stream.name for stream in source.streams} == decided, source.name


@pytest.mark.parametrize(
    ("stream", "given", "left"),
    [
        (
            ("shopify", "orders"),
            {GID + "Order/2": {"email": " Ann@example.com", "customer": {"id": GID + "Customer/9", "firstName": "Ann"},
                               "shippingAddress": {"countryCodeV2": "DE", "provinceCode": "BE"}, "test": False},
             GID + "Order/3": {"email": "ben@example.com"}},
            {GID + "Order/2": {"customAttributes": [], "shippingAddress": {"countryCodeV2": "DE"}, "test": False},
             GID + "Order/3": {"email": "ben@example.com"}},
        ),
        (
            ("shopify", "refunds"),
            {GID + "Refund/1": {"order": {"id": GID + "Order/1"}, "note": "for Ann"}},
            {GID + "Refund/1": {"order": {"id": GID + "Order/1"}}},
        ),
        (
            ("shopify", "customers"),
            {GID + "Customer/501": {}, GID + "Customer/5011": {},
             GID + "Customer/7": {"defaultPhoneNumber": {"phoneNumber": "+49 151 12345678"}}},
            {GID + "Customer/5011": {}},
        ),
        (
            ("shopify", "deletions"),
            {"1": {"subjectId": GID + "Customer/501"}, "2": {"subjectId": GID + "Order/501"}},
            {"2": {"subjectId": GID + "Order/501"}},
        ),
        (
            ("klaviyo", "profiles"),
            {"P1": {}, "P2": {"attributes": {"email": "ANN@example.com"}}, "P3": {"attributes": {"email": None}}},
            {"P3": {"attributes": {"email": None}}},
        ),
        (
            ("klaviyo", "events"),
            {"E1": {"relationships": {"profile": {"data": {"id": "P1"}}}}, "E2": {"relationships": {}}},
            {"E2": {"relationships": {}}},
        ),
        (
            ("omnisend", "contacts"),
            {"1": {"phone": ["+1", "+4915112345678"]}, "2": {"email": "joann@example.com", "phone": None}},
            {"2": {"email": "joann@example.com", "phone": None}},
        ),
        (
            ("judgeme", "reviews"),
            {"1": {"reviewer": {"email": "other@example.com", "external_id": 501}}, "2": {"reviewer": {}}},
            {"2": {"reviewer": {}}},
        ),
        (("yotpo", "reviews"), {"1": {"email": "ann@example.com"}, "2": {"email": None}}, {"2": {"email": None}}),
        (
            ("typeform", "responses"),
            {"1": {"answers": [{"type": "email", "email": "Ann@Example.com"}]}, "2": {"hidden": {"id": "T1"}},
             "3": {"hidden": None, "answers": []}},
            {"3": {"hidden": None, "answers": []}},
        ),
        (
            ("amazon", "orders"),
            {"1": {"buyer": {"buyerEmail": "ann@example.com"},
                   "recipient": {"deliveryAddress": {"stateOrRegion": "CA"}}}},
            {"1": {"recipient": {"deliveryAddress": {}}}},
        ),
        (("smile", "customers"), {"7": {"email": "ann@example.com"}, "8": {}}, {"8": {}}),
        (
            ("smile", "points_transactions"),
            {"9": {"customer_id": 71}, "10": {"customer_id": 7}},
            {"10": {"customer_id": 7}},
        ),
        (("smile", "customer_tiers"), {"a": {"customer_id": 71}}, {}),
        (("yotpo_loyalty", "customers"), {"ann@example.com": {}, "b@example.com": {}}, {"b@example.com": {}}),
        (("yotpo_loyalty", "customer_tiers"), {"a": {"email": "ann@example.com"}}, {}),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_what_a_connected_system_brings_of_an_erased_person(
    stream: tuple[str, str], given: dict[str, Any], left: dict[str, Any], tmp_path: Path
) -> None:
    tombstones = Tombstones(tmp_path)
    known = {"id:shopify": "501", "order:shopify": "1", "id:klaviyo": "P1", "id:typeform": "T1", "id:smile": "71"}
    tombstones.add([("email", ANN[0]), ("phone", ANN[1]), *known.items()], MOMENT)
    rows = pa.table(
        {
            "id": list(given),
            "updated_at": pa.array([None] * len(given), pa.timestamp("us")),
            "payload": [json.dumps(record) for record in given.values()],
        }
    )
    with duckdb.connect() as connection:
        kept, _ = without_erased(connection, tombstones, *stream, rows)
    assert {row["id"]: json.loads(row["payload"]) for row in kept.to_pylist()} == left


def test_a_new_account_of_an_erased_person_is_told(tmp_path: Path) -> None:
    tombstones = Tombstones(tmp_path)
    tombstones.add([("email", ANN[0]), ("id:klaviyo", "P1")], MOMENT)
    payload = json.dumps({"attributes": {"email": ANN[0]}})
    rows = pa.table(
        {"id": ["P1", "P2"], "updated_at": pa.array([None] * 2, pa.timestamp("us")), "payload": [payload] * 2}
    )
    with duckdb.connect() as connection:
        kept, new = without_erased(connection, tombstones, "klaviyo", "profiles", rows)
    assert kept.num_rows == 0
    assert new == {("id:klaviyo", "P2")}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("joann@example.com", None),
        ("ann@example.com.au", None),
        ("sue.ann@example.com", None),
        ("Ann@Example.com", "[erased]"),
        ("Write to ann@example.com.", "Write to [erased]."),
        ("ann@example.com ann@example.com", "[erased] [erased]"),
        ("https://x.example/?to=ann@example.com&b=1", "https://x.example/?to=[erased]&b=1"),
        ("to%3Dann@example.com", "to%3D[erased]"),
        ('{"note":"first\\nann@example.com"}', '{"note":"first\\n[erased]"}'),
        ("'ann@example.com'", "'[erased]'"),
        ("tel:+4915112345678", "tel:[erased]"),
        ("+49151123456789", None),
    ],
)
def test_a_text_is_the_persons_where_it_stands_by_itself(text: str, left: str | None) -> None:
    expected = text if left is None else left
    assert blank(re.compile(pattern_of(ANN), re.IGNORECASE), text) == expected
    with duckdb.connect() as connection:
        row = connection.execute(
            f"select {holds('text', ANN)}, {blanked('text', ANN)} from (select {quoted(text)} as text)"
        )
        assert row.fetchone() == (left is not None, expected)
