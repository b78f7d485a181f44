"""An erasure reaches the destinations too, and waits for one that can't be reached."""

from datetime import datetime
from pathlib import Path

import pytest

from orchestration.privacy.erase import erase, finish_erasures
from tests.fakes.server import Fault
from tests.integration.sync_shop import TOOLS, people, sync_shop_with

MOMENT = datetime(2026, 2, 1)  # noqa: DTZ001


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_an_erasure_waits_for_a_destination_that_fails(
    name: str, tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sync_shop_with(name, tmp_path, shared / "specs") as shop:
        shop.publish({"replenishment": people("ann", "ben", product="Assam", days=9)})
        assert shop.sync().is_first
        shop.sync()
        monkeypatch.setenv(*shop.tool.secret)
        shop.tool.fake.fail_next(Fault.SERVER_ERROR, times=8)

        erased = erase(shop.shop, shop.paths, "ben@example.com", MOMENT, clock=shop.clock)

        assert not erased.is_done
        assert "500" in erased.erasure.destinations[name]
        # Here everything is done but what the destination is to be asked by.
        assert erased.proof.hits == []
        assert shop.state("select count(*) from memberships where email = 'ben@example.com'") == [(1,)]
        assert len(list((shop.paths.privacy / "pending").iterdir())) == 1

        (finished,) = finish_erasures(shop.shop, shop.paths, lambda _: None, shop.clock)

        assert finished.is_done
        assert finished.erasure.destinations == {name: ""}
        assert shop.tool.members("replenishment") == {"ann@example.com"}
        assert not shop.tool.values("ben@example.com")
        files = [file for file in shop.paths.root.rglob("*") if file.is_file()]
        assert not any(b"ben@example.com" in file.read_bytes() for file in files)
        assert not list((shop.paths.privacy / "pending").iterdir())
