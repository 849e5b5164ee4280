"""Monitors and their runs."""

from dataclasses import replace

import pytest

from core.errors import NotFound
from core.refs import EndpointName
from registry.platform import Platform
from registry.records import JobState, Monitor, MonitorRun

MONITOR = Monitor("drift", EndpointName("iris"), {"thresholds": {"psi": 0.2}}, 1.0)
RUN = MonitorRun("r1", "drift", 1.0, JobState.RUNNING, 0.0, 1.0, 10, 0, "", "")


def test_a_monitor_is_defined_in_place(platform: Platform) -> None:
    platform.monitors.apply(MONITOR)
    changed = replace(MONITOR, spec={"thresholds": {}})
    platform.monitors.apply(changed)
    assert platform.monitors.list() == (changed,)
    assert platform.monitors.get("drift") == changed


def test_a_run_is_replaced_by_its_result(platform: Platform) -> None:
    platform.monitors.add_run(RUN)
    done = replace(RUN, state=JobState.SUCCEEDED, findings=2, report="reports/r1.json")
    platform.monitors.add_run(done)
    assert platform.monitors.get_run("r1") == done


def test_the_latest_runs_come_first(platform: Platform) -> None:
    for at in range(3):
        platform.monitors.add_run(replace(RUN, id=f"r{at}", started_at=float(at)))
    platform.monitors.add_run(replace(RUN, id="other", monitor="other"))
    assert [run.id for run in platform.monitors.list_runs("drift", limit=2)] == ["r2", "r1"]


def test_the_newest_runs_of_each_monitor_are_kept(platform: Platform) -> None:
    for at in range(4):
        platform.monitors.add_run(replace(RUN, id=f"r{at}", started_at=float(at)))
    platform.monitors.add_run(replace(RUN, id="other", monitor="other"))
    assert platform.monitors.trim_runs(2) == 2
    assert platform.monitors.list_run_ids() == {"r3", "r2", "other"}


def test_a_monitor_goes_with_its_runs(platform: Platform) -> None:
    platform.monitors.apply(MONITOR)
    platform.monitors.add_run(RUN)
    platform.monitors.remove("drift")
    assert platform.monitors.list() == ()
    assert platform.monitors.list_runs("drift") == ()


def test_what_is_not_there_is_not_found(platform: Platform) -> None:
    for ask in (platform.monitors.get, platform.monitors.remove, platform.monitors.get_run):
        with pytest.raises(NotFound):
            ask("drift")
