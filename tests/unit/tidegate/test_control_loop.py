import threading
from collections.abc import Iterator

import pytest

from tests.fakes.clock import FakeClock
from tidegate.control.loop import SLOW_S, Loop, Pace, end_loops

QUICK = Pace(interval_s=0.0)


class Work:
    """Fails as often as it is told to; `done` is set after `turns` turns."""

    def __init__(self, turns: int = 10, failures: int = 0) -> None:
        self.left, self.failures = turns, failures
        self.done = threading.Event()

    def step(self) -> None:
        self.left -= 1
        if self.left <= 0:
            self.done.set()
        if self.failures:
            self.failures -= 1
            raise ConnectionError("no cluster")


def run(work: Work) -> Loop:
    loop = Loop("work", work.step, QUICK, FakeClock())
    loop.start()
    assert work.done.wait(10)
    end_loops([loop])
    return loop


def test_a_loop_turns_until_it_is_stopped() -> None:
    loop = run(Work(turns=3))
    assert loop.report().turns >= 3
    assert not loop.is_alive


def test_a_loop_outlives_what_its_step_meets() -> None:
    report = run(Work(turns=3, failures=2)).report()
    assert (report.failures, report.error) == (0, "")


def test_the_report_counts_failures_in_a_row_and_keeps_the_reason() -> None:
    clock, work = FakeClock(), Work(failures=2)
    loop = Loop("work", work.step, QUICK, clock)
    loop.turn()
    loop.turn()
    report = loop.report()
    assert (report.turns, report.failures, report.last_good_at) == (2, 2, None)
    assert report.error == "ConnectionError: no cluster"
    loop.turn()
    assert (loop.report().failures, loop.report().last_good_at) == (0, clock.now())


def test_the_same_trouble_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    loop = Loop("work", Work(failures=3).step, QUICK, FakeClock())
    for _ in range(3):
        loop.turn()
    assert len(caplog.records) == 1


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_a_turn_that_hangs_is_reported_and_keeps_nobody_from_ending(
    let_go: threading.Event,
) -> None:
    clock, hanging = FakeClock(), threading.Event()

    def hang() -> None:
        hanging.set()
        let_go.wait(10)

    loop = Loop("work", hang, QUICK, clock)
    loop.start()
    assert hanging.wait(10)
    assert loop.report().error == ""
    clock.advance(SLOW_S)
    assert loop.report().error == "this turn has taken 30 s"
    end_loops([loop], grace_s=0.0)
    assert loop.is_alive


def test_failures_slow_it_down_and_never_beyond_the_slowest() -> None:
    pace = Pace(interval_s=0.5, slowest_s=15.0)
    assert [pace.pause(failures) for failures in (0, 1, 2, 5, 2000)] == [0.5, 1.0, 2.0, 15.0, 15.0]
    assert Pace(interval_s=60.0).pause(1) == 60.0
