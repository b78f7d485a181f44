"""Limits are kept whatever the network does with the order in which calls arrive."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from orchestration.sources.http import Limit, Pace
from tests.fakes.clock import FakeClock
from tests.fakes.limits import Sliding


@pytest.mark.parametrize("seed", range(5))
def test_calls_of_several_threads_that_arrive_late_never_break_the_limit(seed: int) -> None:
    clock = FakeClock()
    pace = Pace(Limit(7, 1.0), Limit(40, 60.0))
    burst, steady = Sliding(7, 1.0, clock), Sliding(40, 60.0, clock)
    lock = threading.Lock()
    chance = random.Random(seed)
    delays = [chance.choice([0.0, 0.0, 0.3, 1.4]) for _ in range(120)]

    def call(delay: float) -> float:
        with pace.turn(clock):
            clock.advance(delay)
            with lock:
                return max(burst.wait(), steady.wait())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(call, delays)) == [0.0] * len(delays)

    # 120 calls at 40 a minute take two whole minutes; what is waited beyond that is how long calls were under way.
    assert 120 <= clock.monotonic() <= 120 + sum(delays) + 18


def test_a_call_that_fails_leaves_its_place() -> None:
    clock = FakeClock()
    pace = Pace(Limit(1, 10.0))
    for _ in range(3):
        with pytest.raises(ConnectionError), pace.turn(clock):
            raise ConnectionError

    assert clock.monotonic() == 20
