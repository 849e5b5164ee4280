from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import InvalidSpec, NoReplica, NotFound
from core.refs import VariantName
from monitor.spec import MonitorSpec
from registry.records import JobState, Resident, ResidentState
from tests.fakes.control import FakeControl
from tests.fakes.watched import DRIFT, capture, sample, watch
from tidegate.control.monitoring import Scheduler, choose_resident


@pytest.fixture
def live(control: FakeControl) -> FakeControl:
    """`iris:1` is live, with a baseline sample, and a monitor watches it."""
    watch(control)
    return control


def test_traffic_like_the_baseline_has_no_finding(live: FakeControl) -> None:
    capture(live, sample(400, 2))
    run = live.client.monitors.run("drift")
    assert (run.state, run.rows, run.findings, run.message) == ("succeeded", 400, 0, "clear")
    assert run.window_start == run.window_end - 100.0


def test_a_shifted_feature_is_found_and_reported(live: FakeControl) -> None:
    capture(live, sample(400, 2) + np.array([0.0, 3.0], np.float32))
    run = live.client.monitors.run("drift")
    report = live.client.monitors.report(run.id)
    assert {finding["feature"] for finding in report["findings"]} == {"b"}
    assert "<html" in live.client.monitors.html(run.id)
    assert live.client.monitors.runs("drift") == (run,)


def test_an_empty_window_says_that_nothing_was_captured(live: FakeControl) -> None:
    with pytest.raises(NotFound, match=r"capture\.share"):
        live.client.monitors.run("drift")


def test_a_window_that_ends_before_it_begins_is_refused(live: FakeControl) -> None:
    with pytest.raises(InvalidSpec, match="not before its end"):
        live.client.monitors.run("drift", start=2.0, end=1.0)


def test_a_report_whose_file_is_gone_is_not_found(live: FakeControl) -> None:
    capture(live, sample(400, 2))
    run = live.client.monitors.run("drift")
    (Path(live.platform.monitors.get_run(run.id).report) / "report.json").unlink()
    with pytest.raises(NotFound, match="its file is gone"):
        live.client.monitors.report(run.id)


def test_the_schedule_runs_what_is_due_and_no_more(live: FakeControl) -> None:
    capture(live, sample(400, 2))
    live.client.monitors.apply({**DRIFT, "name": "by-hand", "every_s": 0.0})
    scheduler = Scheduler(live.platform, live.monitoring, live.clock)
    assert [scheduler.step(), scheduler.step()] == [1, 0]
    live.clock.advance(60.0)
    assert scheduler.step() == 1
    assert live.client.monitors.runs("by-hand") == ()


def test_a_scheduled_run_that_fails_is_due_again_a_time_later(live: FakeControl) -> None:
    scheduler = Scheduler(live.platform, live.monitoring, live.clock)
    assert [scheduler.step(), scheduler.step()] == [1, 0]
    assert live.platform.monitors.list_runs("drift")[0].state is JobState.FAILED


def test_a_run_that_meets_a_full_disk_is_recorded_and_due_a_time_later(live: FakeControl) -> None:
    capture(live, sample(400, 2))
    (live.home / "reports").write_text("a file in the way of all reports")
    scheduler = Scheduler(live.platform, live.monitoring, live.clock)
    with pytest.raises(OSError, match="reports"):
        scheduler.step()
    assert scheduler.step() == 0
    (run,) = live.platform.monitors.list_runs("drift")
    assert (run.state, "Error: " in run.message) == (JobState.FAILED, True)


def test_one_monitors_fault_is_not_the_others(live: FakeControl) -> None:
    live.client.monitors.apply({**DRIFT, "name": "second"})
    capture(live, sample(400, 2))
    (live.home / "reports").write_text("a file in the way of all reports")
    scheduler = Scheduler(live.platform, live.monitoring, live.clock)
    with pytest.raises(OSError, match="reports"):
        scheduler.step()
    assert len(live.platform.monitors.list_runs("second")) == 1


def residents(control: FakeControl) -> tuple[Resident, Resident]:
    (one,) = control.platform.residents.list()
    return one, replace(one, variant=VariantName("canary"), digest="sha256:other")


def test_one_variant_is_watched_by_its_name(live: FakeControl) -> None:
    main, canary = residents(live)
    spec = MonitorSpec(name="drift", endpoint="iris", variant="canary")
    assert choose_resident(spec, [main, canary]) is canary


def test_variants_of_different_versions_must_be_told_apart(live: FakeControl) -> None:
    with pytest.raises(InvalidSpec, match="canary, main"):
        choose_resident(MonitorSpec(name="drift", endpoint="iris"), residents(live))


def test_what_is_not_live_is_not_watched(live: FakeControl) -> None:
    main, canary = residents(live)
    spec = MonitorSpec(name="drift", endpoint="iris")
    assert choose_resident(spec, [main, replace(canary, state=ResidentState.STARTING)]) is main
    with pytest.raises(NoReplica):
        choose_resident(spec, [replace(main, state=ResidentState.RETIRED)])
