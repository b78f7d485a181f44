"""The example shop on Shopify, Klaviyo and Judge.me: from its first load to a published version, and a day later."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from orchestration.sources.http import SystemClock
from tests.fakes import shopify_data as data
from tests.fakes.accounts import FIRST, small_klaviyo
from tests.fakes.judgeme import Judgeme
from tests.fakes.klaviyo import KEY, FakeKlaviyo
from tests.fakes.shopify import TOKEN, FakeShopify
from tests.fakes.small_systems import ACCOUNTS
from tests.integration.conftest import run_command
from tests.integration.shopify_shop import fill

EXAMPLE = "shopify-klaviyo-judgeme"


@pytest.fixture
def systems(shared: Path) -> Iterator[tuple[FakeShopify, FakeKlaviyo, Judgeme]]:
    """The three systems, answering, with a shop of twelve orders in them."""
    shopify = FakeShopify(shared / "specs" / "shopify" / "admin_2026-10.json.gz")
    shopify.polls_until_done = 0
    fill(shopify)
    klaviyo = small_klaviyo()
    judgeme = Judgeme(SystemClock())
    judgeme.add(1, "2025-01-20T10:00:00Z", rating=5, reviewer={"email": "ann@example.com"})
    judgeme.add(2, "2025-03-20T10:00:00Z", rating=2, reviewer={"email": "ben@example.com"})
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPIFY_ACCESS_TOKEN", TOKEN)
        patch.setenv("KLAVIYO_API_KEY", KEY)
        for variable, secret in ACCOUNTS["judgeme"].secrets.items():
            patch.setenv(variable, secret)
        for fake in (shopify, klaviyo, judgeme):
            stack.enter_context(fake.running())
        yield shopify, klaviyo, judgeme
    assert [fake.violations for fake in (shopify, klaviyo, judgeme)] == [[], [], []]


@pytest.fixture
def shop(repository: Path, systems: tuple[FakeShopify, FakeKlaviyo, Judgeme], tmp_path: Path) -> Path:
    """The example as it stands, but for the systems' addresses."""
    shopify, klaviyo, judgeme = systems
    folder = tmp_path / "shops" / EXAMPLE
    folder.mkdir(parents=True)
    content = yaml.safe_load((repository / "shops" / EXAMPLE / "shop.yml").read_text(encoding="utf-8"))
    content["sources"]["shopify"]["url"] = shopify.url
    content["sources"]["klaviyo"]["url"] = klaviyo.url
    content["sources"]["judgeme"] |= {"url": f"{judgeme.url}/api/v1", **ACCOUNTS["judgeme"].settings}
    (folder / "shop.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_from_the_first_load_to_a_published_version_and_a_day_later(
    shop: Path, systems: tuple[FakeShopify, FakeKlaviyo, Judgeme], tmp_path: Path
) -> None:
    first = run_command(shop, tmp_path / "data")
    assert first.exit_code == 0, first.errors
    version = first.version
    # 1001: 2 × 30 − 6. 1002: (3 × 23.80 − 7.14) without 19 % tax. 1004: 40. 1005: 20. 1006: 2 × 10 + 15 − 10 − 2.50.
    # 1010 and 1011: 25 each. A gift card, an order cancelled, a test, an exchange and one deleted are no sales.
    assert first.query(
        "select order_id, net_sales from marts.fct_orders where is_valid order by cast(order_id as bigint)"
    ) == [
        ("1001", Decimal(54)),
        ("1002", Decimal(54)),
        ("1004", Decimal(40)),
        ("1005", Decimal(20)),
        ("1006", Decimal("22.5")),
        ("1010", Decimal(25)),
        ("1011", Decimal(25)),
    ]
    # Ben's last click, on 1 March at 9:37, is four days before his order of 5 March.
    assert first.query(
        "select o.source, o.order_id, a.flow_id, a.message_id "
        "from marts.fct_attributed_orders as a join marts.fct_orders as o using (order_key)"
    ) == [("shopify", "1006", "FLOW1", "MSG1")]
    assert first.query(
        "select r.rating, count(o.order_key) from marts.fct_reviews as r "
        "join marts.fct_orders as o on r.person_id = o.person_id and o.is_valid group by all order by all"
    ) == [(2, 2), (5, 2)]

    shopify, klaviyo, judgeme = systems
    shopify.put(
        data.order(1013, "2025-06-20T10:00:00Z", [data.line(25, "12.00", 1, 1)], email="ann@example.com", customer=None)
    )
    klaviyo.add_event("E90000", "MCLICKED", "P1", FIRST + timedelta(days=110), {"$flow": "FLOW2", "$message": "MSG3"})
    judgeme.add(3, "2025-06-25T10:00:00Z", rating=4, reviewer={"email": "ann@example.com"})
    second = run_command(shop, tmp_path / "data")
    assert second.exit_code == 0, second.errors
    assert second.version != version
    assert second.query("select count(*), sum(net_sales) from marts.fct_orders where is_valid") == [
        (8, Decimal("252.5"))
    ]
    # Ann's click of 19 June, 9:00, is a day and an hour before her order.
    assert second.query(
        "select order_id, flow_id from marts.fct_attributed_orders join marts.fct_orders using (order_key) order by all"
    ) == [("1006", "FLOW1"), ("1013", "FLOW2")]
    assert second.query("select count(*) from marts.fct_reviews") == [(3,)]

    secrets = (TOKEN, KEY, *ACCOUNTS["judgeme"].secrets.values())
    for path in second.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert [secret for secret in secrets if secret.encode() in content] == [], path
