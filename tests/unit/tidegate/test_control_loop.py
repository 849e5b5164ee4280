import asyncio

import pytest

from tests.fakes.clock import FakeClock
from tidegate.control.loop import Loop, Pace, run_loops

QUICK = Pace(interval_s=0.0)


class Work:
    """Fails as often as it is told to, then sets the event after `turns` turns."""

    def __init__(self, turns: int, failures: int = 0) -> None:
        self.left, self.failures = turns, failures
        self.stop = asyncio.Event()

    async def run(self, loop: Loop) -> None:
        self.event_loop = asyncio.get_running_loop()
        await run_loops([loop], self.stop)

    def step(self) -> None:
        self.left -= 1
        if self.left <= 0:
            self.event_loop.call_soon_threadsafe(self.stop.set)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("no cluster")


def test_a_loop_turns_until_it_is_told_to_stop() -> None:
    work = Work(turns=3)
    loop = Loop("work", work.step, QUICK, FakeClock())
    asyncio.run(work.run(loop))
    assert loop.report().turns >= 3


def test_a_loop_outlives_what_its_step_meets() -> None:
    work = Work(turns=3, failures=2)
    loop = Loop("work", work.step, QUICK, FakeClock())
    asyncio.run(work.run(loop))
    assert (loop.report().failures, loop.report().error) == (0, "")


def test_the_report_counts_failures_in_a_row_and_keeps_the_reason() -> None:
    clock = FakeClock()
    work = Work(turns=10, failures=2)
    loop = Loop("work", work.step, QUICK, clock)
    loop.turn()
    loop.turn()
    report = loop.report()
    assert (report.turns, report.failures, report.last_good_at) == (2, 2, None)
    assert report.error == "ConnectionError: no cluster"
    loop.turn()
    assert (loop.report().failures, loop.report().last_good_at) == (0, clock.now())


def test_the_same_trouble_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    work = Work(turns=10, failures=3)
    loop = Loop("work", work.step, QUICK, FakeClock())
    for _ in range(3):
        loop.turn()
    assert len(caplog.records) == 1


def test_failures_slow_it_down_and_never_beyond_the_slowest() -> None:
    pace = Pace(interval_s=0.5, slowest_s=15.0)
    assert [pace.pause(failures) for failures in (0, 1, 2, 5, 2000)] == [0.5, 1.0, 2.0, 15.0, 15.0]
    assert Pace(interval_s=60.0).pause(1) == 60.0
