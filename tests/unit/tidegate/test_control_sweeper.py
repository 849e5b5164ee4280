import os
from dataclasses import replace
from pathlib import Path

import pytest

from core.oip.statistics import Counts
from core.refs import EndpointName, ReplicaId, ResidentId
from registry.records import Event, JobState, MonitorRun
from tests.fakes.control import FakeControl
from tidegate.control.sweeper import Retention, Sweeper
from tidegate.settings import Settings

RUN = MonitorRun("run-0", "drift", 0.0, JobState.SUCCEEDED, 0.0, 1.0, 10, 0, "", "")
DAY_S = 86_400


def make(control: FakeControl, retention: Retention) -> Sweeper:
    settings = Settings(home=control.home, capture_url=control.capture_url)
    return Sweeper(control.platform, settings, retention, control.clock)


def put(control: FakeControl, path: str, age_s: float) -> Path:
    folder = control.home / path
    folder.mkdir(parents=True)
    (folder / "file").write_text("x")
    touched = control.clock.now() - age_s
    os.utime(folder, (touched, touched))
    return folder


def test_the_newest_events_and_runs_are_kept(control: FakeControl) -> None:
    for number in range(3):
        control.platform.events.add(Event(1.0, "endpoint", "iris", f"m{number}"))
        run = replace(RUN, id=f"run-{number}", started_at=float(number))
        control.platform.monitors.add_run(run)
    assert make(control, Retention(events=2, runs=1)).step() == 3
    told = [event.message for event in control.platform.events.list("endpoint", "iris")]
    assert told == ["m2", "m1"]
    assert control.platform.monitors.list_run_ids() == {"run-2"}


def test_the_reports_of_forgotten_runs_go(control: FakeControl) -> None:
    control.platform.monitors.add_run(RUN)
    kept = put(control, "reports/run-0", 9 * DAY_S)
    gone = put(control, "reports/run-1", 9 * DAY_S)
    # Its row is written when its files are there.
    begun = put(control, "reports/run-2", 1)
    make(control, Retention()).step()
    assert [each.exists() for each in (kept, gone, begun)] == [True, False, True]


def test_uploads_of_a_process_that_died_go(control: FakeControl) -> None:
    left, at_work = put(control, "run/upload-a", DAY_S), put(control, "run/upload-b", 60)
    other = put(control, "run/ray", DAY_S)
    make(control, Retention()).step()
    assert [each.exists() for each in (left, at_work, other)] == [False, True, True]


@pytest.mark.parametrize(("days", "kept"), [(0, True), (29, False), (60, True)])
def test_captures_are_kept_for_some_days(control: FakeControl, days: int, kept: bool) -> None:  # noqa: FBT001 - a case
    # The clock stands at 2023-11-14.
    day = put(control, "capture/endpoint=iris/variant=main/date=2023-10-14", 0)
    make(control, Retention(capture_days=days)).step()
    assert day.exists() == kept


def test_counters_of_endpoints_that_are_gone_go(control: FakeControl) -> None:
    name, resident = EndpointName("gone"), ResidentId("gone-main-1")
    control.platform.counters.put(ReplicaId("r1"), name, resident, 1, Counts(), 0.0)
    make(control, Retention()).step()
    assert control.platform.counters.list() == ()
