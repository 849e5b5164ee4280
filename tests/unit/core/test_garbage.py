"""The heap of a process that has begun to answer."""

import gc
from collections.abc import Iterator

import pytest

from core.garbage import settle_heap


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """The tests that follow have the collector that they had."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


class Knot:
    """Refers to itself, so that only the collector ends it."""

    ended = 0

    def __init__(self) -> None:
        self.own = self

    def __del__(self) -> None:
        Knot.ended += 1


def test_what_is_there_is_looked_at_no_more() -> None:
    before = len(gc.get_objects())
    settle_heap()
    assert gc.get_freeze_count() >= before // 2
    assert len(gc.get_objects()) < before // 10


def test_what_comes_later_is_still_collected() -> None:
    settle_heap()
    Knot.ended = 0
    for _ in range(5):
        Knot()
    gc.collect()
    assert Knot.ended == 5


def test_what_is_kept_wakes_the_collector_seldom() -> None:
    settle_heap()
    runs = gc.get_stats()[0]["collections"]
    kept = [(str(number), [number]) for number in range(10_000)]
    assert len(kept) == 10_000
    assert gc.get_stats()[0]["collections"] - runs <= 1
