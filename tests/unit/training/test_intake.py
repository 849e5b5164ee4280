from pathlib import Path

import pytest

from core.errors import InvalidSpec, Unavailable
from registry.database import Database
from registry.migration import migrate
from registry.records import JobState
from registry.tables.jobs import JobTable
from tests.contracts.recipe import ask
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import FakeJobRunner
from training.intake import Intake, Stores
from training.job import JobFolder, read_order
from training.runner import Phase, Submission

SPEC = ask("sklearn_classifier", "sklearn:iris", hyperparameters={"c": 2})


@pytest.fixture
def table(tmp_path: Path) -> JobTable:
    url = f"sqlite:///{tmp_path / 'platform.db'}"
    migrate(url)
    return JobTable(Database(url))


@pytest.fixture
def runner() -> FakeJobRunner:
    return FakeJobRunner()


@pytest.fixture
def intake(table: JobTable, runner: FakeJobRunner, tmp_path: Path) -> Intake:
    stores = Stores("sqlite:///p.db", "sqlite:///m.db", tmp_path / "packages", tmp_path / "jobs")
    return Intake(table, stores, runner, FakeClock())


def test_an_accepted_job_waits_with_its_order_written(
    intake: Intake, table: JobTable, tmp_path: Path
) -> None:
    accepted = intake.accept(SPEC)
    assert table.get(accepted.id) == accepted
    assert accepted.state is JobState.PENDING
    order = read_order(JobFolder.of(tmp_path / "jobs", accepted.id).spec)
    assert (order.job, order.database_url) == (accepted.id, "sqlite:///p.db")


def test_the_hyperparameters_are_kept_with_their_defaults(intake: Intake) -> None:
    kept = intake.accept(SPEC).spec["hyperparameters"]
    assert (kept["c"], kept["estimator"]) == (2.0, "logistic_regression")


def test_a_wrong_hyperparameter_is_refused_at_once(intake: Intake, table: JobTable) -> None:
    with pytest.raises(InvalidSpec, match=r"hyperparameters\.c"):
        intake.accept(ask("sklearn_classifier", "sklearn:iris", hyperparameters={"c": -1}))
    assert table.list() == ()


def test_a_file_that_is_not_there_is_no_job(
    intake: Intake, table: JobTable, tmp_path: Path
) -> None:
    data = {"source": str(tmp_path / "none.csv"), "target": "label"}
    spec = ask("sklearn_classifier", "", data=data)
    with pytest.raises(InvalidSpec, match=r"data\.source: no file .*none\.csv"):
        intake.accept(spec)
    assert table.list() == ()


def test_a_running_job_is_stopped_in_the_cluster(intake: Intake, runner: FakeJobRunner) -> None:
    job = intake.accept(SPEC)
    runner.submit(Submission(job.id, "training.entry", Path("spec.json"), 1.0))
    assert intake.stop(job.id).state is JobState.STOPPED
    assert runner.stopped == [job.id]


def test_a_job_that_was_not_submitted_yet_is_stopped(intake: Intake) -> None:
    assert intake.stop(intake.accept(SPEC).id).message == "stopped on request"


def test_a_job_that_cannot_be_told_is_not_called_stopped(
    intake: Intake, table: JobTable, runner: FakeJobRunner
) -> None:
    job = intake.accept(SPEC)
    runner.is_down = True
    with pytest.raises(Unavailable):
        intake.stop(job.id)
    assert table.get(job.id).state is JobState.PENDING


def test_a_finished_job_stays_as_it_is(
    intake: Intake, table: JobTable, runner: FakeJobRunner
) -> None:
    job = intake.accept(SPEC)
    runner.move(job.id, Phase.SUCCEEDED)
    table.mark(job.id, JobState.SUCCEEDED, "published m:1", 2.0)
    assert intake.stop(job.id).message == "published m:1"
    assert runner.stopped == []
