"""What only one destination has: Klaviyo's lists that vanish and large imports, Omnisend's values that stay."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.sync_shop import SyncShop, people, sync_shop_with


@pytest.fixture
def klaviyo(tmp_path: Path, shared: Path) -> Iterator[SyncShop]:
    """A shop on Klaviyo whose first, dry run is behind it."""
    with sync_shop_with("klaviyo", tmp_path, shared / "specs") as shop:
        shop.publish({"replenishment": people("ann", "ben", product="Assam")})
        shop.sync()
        yield shop


@pytest.fixture
def omnisend(tmp_path: Path, shared: Path) -> Iterator[SyncShop]:
    """A shop on Omnisend whose first, dry run is behind it."""
    with sync_shop_with("omnisend", tmp_path, shared / "specs") as shop:
        shop.publish({"replenishment": people("ann", "ben", product="Assam")})
        shop.sync()
        yield shop


def test_a_list_that_was_deleted_at_klaviyo_is_made_again(klaviyo: SyncShop) -> None:
    klaviyo.sync()
    fake = klaviyo.tool.fake
    fake.lists.clear()
    fake.members.clear()
    klaviyo.publish({"replenishment": people("ann", "ben", "cleo", product="Assam")})

    told = klaviyo.sync()

    assert told.results == {"unchanged": 2, "rejected": 1}
    ((_, person, _, _, reason),) = [row for row in klaviyo.results() if row[3] == "rejected"]
    assert (person, reason) == (
        "person-cleo",
        "klaviyo: list L00001 isn't there any more; the next run makes it again",
    )
    # All of its people are put in again, the ones that were thought to be in it too.
    assert klaviyo.sync().results == {"sent": 3}
    assert klaviyo.tool.members("replenishment") == {f"{name}@example.com" for name in ("ann", "ben", "cleo")}


def test_a_profile_that_was_deleted_at_klaviyo_is_out_of_the_audience(klaviyo: SyncShop) -> None:
    klaviyo.sync()
    klaviyo.tool.fake.remove_profile("ben@example.com")
    klaviyo.publish({"replenishment": people("ann", product="Assam")})

    # Klaviyo doesn't know the id any more; who isn't there isn't in the list either.
    assert klaviyo.sync().results == {"unchanged": 1, "sent": 1}
    assert klaviyo.tool.members("replenishment") == {"ann@example.com"}
    # Back again, it is a new profile there with another id.
    klaviyo.publish({"replenishment": people("ann", "ben", product="Assam")})
    assert klaviyo.sync().results == {"unchanged": 1, "sent": 1}
    assert klaviyo.tool.members("replenishment") == {"ann@example.com", "ben@example.com"}


def test_a_profile_above_100_kb_is_refused_without_the_others(klaviyo: SyncShop) -> None:
    klaviyo.publish({
        "replenishment": people("ann", product="Assam") | people("ben", product="x" * 100_001)
    })  # fmt: skip

    assert klaviyo.sync().results == {"sent": 1, "rejected": 1}
    assert [row[4] for row in klaviyo.results() if row[3] == "rejected"] == ["its values take more than 100,000 bytes"]


def test_an_import_keeps_below_five_megabytes(klaviyo: SyncShop) -> None:
    """5,000,000 bytes hold 55 profiles of 90,110 bytes."""
    names = [f"n{number:03d}" for number in range(160)]
    klaviyo.publish({"replenishment": people(*names, note="x" * 90_000)})

    # So many more than before need a word.
    assert klaviyo.sync(allowed=("replenishment",)).results == {"sent": 160}
    assert [len(job.profiles) for job in klaviyo.tool.fake.jobs.values()] == [55, 55, 50]


def test_a_value_that_omnisend_keeps_is_told(omnisend: SyncShop) -> None:
    omnisend.sync()
    omnisend.tool.fake.keeps_nulls = True
    omnisend.publish({"replenishment": people("ann", product=None) | people("ben", product="Assam")})

    report = omnisend.sync()

    assert report.results == {"unchanged": 1, "rejected": 1}
    assert [row[4] for row in omnisend.results() if row[3] == "rejected"] == [
        "Omnisend kept the value of so_replenishment_product"
    ]
