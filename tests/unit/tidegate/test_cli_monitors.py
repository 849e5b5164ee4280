from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.command import fail, read, run, tell
from tests.fakes.control import FakeControl
from tests.fakes.watched import capture, sample, watch


@pytest.fixture
def watched(served: FakeControl) -> FakeControl:
    """A monitor watches `iris`, and the second of its features has shifted."""
    watch(served)
    capture(served, sample(400, 2) + np.array([0.0, 3.0], np.float32))
    return served


def test_a_monitor_is_defined_by_options_or_a_file(watched: FakeControl, tmp_path: Path) -> None:
    often = ("--every-s", "60", "--window-s", "10")
    spec = read("monitors", "create", "second", "--endpoint", "iris", *often)["spec"]
    assert (spec["every_s"], spec["window_s"]) == (60.0, 10.0)
    file = tmp_path / "monitor.yaml"
    file.write_text("name: second\nendpoint: iris\nwindow_s: 20\n")
    assert read("monitors", "apply", "-f", str(file))["spec"]["window_s"] == 20.0
    assert [one["name"] for one in read("monitors", "list")] == ["drift", "second"]
    read("monitors", "delete", "second")
    assert "second" not in tell("monitors", "list")


def test_a_run_tells_what_it_found(watched: FakeControl) -> None:
    told = tell("monitors", "run", "drift")
    assert any(line.startswith("- ") and "b" in line for line in told.splitlines())
    found = read("monitors", "run", "drift")
    assert {one["feature"] for one in found["report"]["findings"]} == {"b"}
    assert found["run"]["findings"] == len(found["report"]["findings"])


def test_findings_fail_a_run_only_where_asked(watched: FakeControl) -> None:
    assert run("monitors", "run", "drift").exit_code == 0
    assert run("monitors", "run", "drift", "--fail-on-findings").exit_code == 1


def test_a_window_is_named_by_its_ends(watched: FakeControl) -> None:
    now = watched.clock.now()
    ends = [datetime.fromtimestamp(at, UTC).isoformat() for at in (now - 10, now)]
    found = read("monitors", "run", "drift", "--start", ends[0], "--end", ends[1])
    assert (found["run"]["window_start"], found["run"]["window_end"]) == (now - 10, now)
    assert fail("monitors", "run", "drift", "--start", ends[1], "--end", ends[0]).code == 1


def test_a_report_is_read_again_and_written_as_a_page(watched: FakeControl, tmp_path: Path) -> None:
    first = read("monitors", "run", "drift")
    known = first["run"]["id"]
    assert read("monitors", "report", known) == first["report"]
    assert known in tell("monitors", "runs", "drift")
    page = tmp_path / "report.html"
    assert str(page) in tell("monitors", "report", known, "--html", str(page))
    assert "<html" in page.read_text()


def test_a_page_that_cannot_be_written_is_told(watched: FakeControl, tmp_path: Path) -> None:
    known = read("monitors", "run", "drift")["run"]["id"]
    failure = fail("monitors", "report", known, "--html", str(tmp_path / "none" / "page.html"))
    assert (failure.code, "page.html" in failure.text) == (1, True)
