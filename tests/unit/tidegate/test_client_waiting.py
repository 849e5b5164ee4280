import pytest

from core.errors import DeadlineExceeded
from tests.fakes.clock import FakeClock
from tidegate.client.waiting import Waiting


def test_progress_is_told_of_each_change_once() -> None:
    clock = FakeClock()
    told: list[int] = []
    states = iter([1, 1, 2, 2, 3])
    seen = Waiting(clock, clock.advance).until(
        lambda: next(states),
        lambda one: one == 3,
        subject="it",
        timeout_s=60.0,
        progress=told.append,
    )
    assert (seen, told) == (3, [1, 2, 3])


def test_the_time_runs_out() -> None:
    clock = FakeClock()
    with pytest.raises(DeadlineExceeded, match="no answer within 2 s"):
        Waiting(clock, clock.advance, interval_s=1.0).until(
            lambda: 0, bool, subject="it", timeout_s=2.0
        )


def test_what_is_there_already_is_not_waited_for() -> None:
    clock = FakeClock()
    Waiting(clock, clock.advance).until(lambda: 1, bool, subject="it", timeout_s=0.0)
    assert clock.now() == FakeClock().now()
