"""A sync that is killed at any moment, and then run again, ends as if nothing had happened."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.integration.sync_shop import RULES, TOOLS, SyncShop, crowd, people, sync_shop_with

# Syncs the shop and dies at the given moment, counted in requests and in steps of what is noted, before and after
# each; moment 0 never comes, and says how many there are.
SYNC = """
import json, os, signal, sys
from pathlib import Path
import requests
from orchestration.destinations import sync
from orchestration.shop import Shop, ShopPaths

moment, folder, name, settings = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
passed = 0

def watched(function):
    def run(*arguments, **named):
        pass_moment()
        result = function(*arguments, **named)
        pass_moment()
        return result
    return run

def pass_moment():
    global passed
    passed += 1
    if passed == moment:
        os.kill(os.getpid(), signal.SIGKILL)

requests.Session.request = watched(requests.Session.request)
for method in ("_learn", "_intend", "_within", "_refuse", "_note_results"):
    setattr(sync._Sync, method, watched(getattr(sync._Sync, method)))
shop = Shop(folder=folder, name="sync", timezone="UTC", currency="EUR", destinations={name: settings})
sync.sync_shop(shop, ShopPaths(folder / "data"), "sync-in-question", rules=folder / "audiences.csv")
print(passed)
"""
# How many of all moments are tried in CI, by tool, and in the long test.
_IN_CI = {"klaviyo": 3, "omnisend": 2}
_LONG = 30


def _prepared(shop: SyncShop) -> None:
    """Somebody is in an audience already; then some come, some leave and values change."""
    # The clock stands still while the other process works.
    shop.tool.fake.job_seconds = shop.tool.fake.batch_seconds = 0
    shop.settings["max_age_hours"] = 1_000_000
    shop.tool.add_person("ann@example.com", "subscribed")
    shop.tool.add_person("zoe@example.com", "unsubscribed")
    shop.publish({"replenishment": people("ann", "ben", "cleo", product="Assam", days=9), "birthday": people("ben")})
    shop.sync()
    shop.sync()
    changed = people("ann", product="Ceylon") | people("dora", "emil", "zoe", product="Assam", days=3)
    shop.publish({"replenishment": changed, "win_back": crowd(12, code="A") | people("ben", code="B"), "birthday": {}})


def _run(shop: SyncShop, moment: int) -> subprocess.CompletedProcess[str]:
    settings = {"url": shop.tool.fake.url + shop.tool.path, **shop.settings}
    arguments = [str(moment), str(shop.folder), shop.tool.name, json.dumps(settings)]
    return subprocess.run(
        [sys.executable, "-c", SYNC, *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **dict([shop.tool.secret])},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def _leave(shop: SyncShop) -> None:
    """The next day many of those who came are gone again, which the next run must know of."""
    shop.publish({"replenishment": people("ann", "emil", product="Ceylon"), "win_back": crowd(3, code="A")})


def _kill_at_random(name: str, folder: Path, specs: Path, times: int, seed: int) -> None:
    (folder / "whole").mkdir()
    with sync_shop_with(name, folder / "whole", specs, throttle=False) as whole:
        _prepared(whole)
        unharmed = _run(whole, 0)
        assert unharmed.returncode == 0, unharmed.stderr
        moments = int(unharmed.stdout)
        expected = [whole.end_state()]
        _leave(whole)
        whole.sync()
        expected.append(whole.end_state())

    for moment in random.Random(seed).sample(range(1, moments + 1), min(times, moments)):
        place = folder / f"killed-{moment}"
        place.mkdir()
        with sync_shop_with(name, place, specs, throttle=False) as shop:
            _prepared(shop)
            assert _run(shop, moment).returncode == -signal.SIGKILL, moment
            # Every second time the next run already has other people to send.
            has_gone_on = moment % 2
            if has_gone_on:
                _leave(shop)
            report = shop.sync()

            assert report.is_well, moment
            assert _told(shop.end_state()) == _told(expected[has_gone_on]), moment
            _nothing_twice(shop)
            assert shop.state("select count(*) from memberships where status = 'unsure'") == [(0,)]
            assert shop.state("select count(*) from results where result is null") == [(0,)]
            calls = shop.calls()
            shop.sync()
            assert shop.calls() == calls


def _told(end: dict[str, object]) -> dict[str, object]:
    """What the tool holds, without the people whom only one of two ways ever made known, and who hold nothing."""
    values = {email: held for email, held in dict(end["values"]).items() if held}  # type: ignore[call-overload]
    standings = {email: said for email, said in dict(end["standings"]).items() if email in values}  # type: ignore[call-overload]
    return {"members": end["members"], "values": values, "standings": standings}


def _nothing_twice(shop: SyncShop) -> None:
    """What can't be repeated without harm happened once: a list is made, somebody joins it, is welcomed."""
    fake = shop.tool.fake
    if shop.tool.name == "klaviyo":
        names = [one["attributes"]["name"] for one in fake.lists.values()]
        assert sorted(names) == sorted({f"Second Order: {key}" for key in RULES} & set(names))
        assert len(fake.joined) == len(set(fake.joined))
    else:
        assert fake.welcomed == []


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_a_killed_sync_leaves_nothing_behind(name: str, tmp_path: Path, shared: Path) -> None:
    _kill_at_random(name, tmp_path, shared / "specs", _IN_CI[name], seed=5)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(TOOLS))
def test_a_sync_killed_at_thirty_moments_leaves_nothing_behind(name: str, tmp_path: Path, shared: Path) -> None:
    _kill_at_random(name, tmp_path, shared / "specs", _LONG, seed=30)
