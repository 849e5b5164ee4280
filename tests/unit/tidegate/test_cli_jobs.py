import json
from pathlib import Path
from typing import Any

import pytest

from core.refs import JobId
from registry.records import JobState
from tests.fakes.command import fail, read, run, tell
from tests.fakes.control import FakeControl

TRAIN = ("jobs", "train", "--data", "sklearn:iris", "--model", "flowers")


@pytest.fixture
def job(served: FakeControl) -> str:
    """A job that waits for the cluster."""
    return str(read(*TRAIN)["id"])


def end(control: FakeControl, job: str, state: JobState, message: str = "") -> None:
    control.platform.jobs.mark(JobId(job), state, message, 1.0)


def test_options_become_a_spec(served: FakeControl) -> None:
    more = ("--algorithm", "sklearn_regressor", "--alias", "live", "--param", "alpha=0.5")
    spec: Any = read(*TRAIN, *more)["spec"]
    assert (spec["algorithm"], spec["data"]["source"]) == ("sklearn_regressor", "sklearn:iris")
    assert (spec["output"]["model"], spec["output"]["alias"]) == ("flowers", "live")
    assert spec["hyperparameters"]["alpha"] == 0.5


def test_a_file_becomes_a_spec(served: FakeControl, tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    data, output = "data: {source: 'sklearn:iris'}", "output: {model: flowers}"
    file.write_text(f"algorithm: sklearn_classifier\n{data}\n{output}\n")
    assert read("jobs", "submit", "-f", str(file))["spec"]["output"]["model"] == "flowers"


def test_a_file_that_is_not_there_takes_no_job(served: FakeControl) -> None:
    options = ("--data", "/nope.csv", "--target", "label", "--model", "flowers")
    assert "no file /nope.csv" in fail("jobs", "train", *options).text
    assert read("jobs", "list") == []


def test_a_job_is_listed_shown_and_stopped(job: str) -> None:
    assert job in tell("jobs", "list")
    assert "state" in tell("jobs", "show", job)
    assert read("jobs", "stop", job)["id"] == job


def test_a_job_that_failed_fails_whoever_waits(served: FakeControl, job: str) -> None:
    end(served, job, JobState.FAILED, "no such column")
    told, written = run("jobs", "wait", job), run("jobs", "wait", job, "--json")
    assert (told.exit_code, written.exit_code) == (1, 1)
    assert told.output.count("no such column") == 1
    assert f"tidegate jobs logs {job}" in told.stderr
    assert json.loads(written.stdout)["message"] == "no such column"


def test_a_job_that_went_well_is_waited_for(served: FakeControl, job: str) -> None:
    end(served, job, JobState.SUCCEEDED)
    assert read("jobs", "wait", job, "--timeout", "1")["state"] == "succeeded"


def test_logs_are_followed_to_the_end(served: FakeControl, job: str) -> None:
    end(served, job, JobState.SUCCEEDED)
    assert read("jobs", "logs", job, "--follow") == {"job": job, "logs": tell("jobs", "logs", job)}
    assert tell("jobs", "logs", job, "--follow") == tell("jobs", "logs", job)
