from pathlib import Path

import pytest

from core.errors import Unavailable
from core.refs import JobId
from registry.database import Database
from registry.migration import migrate
from registry.records import Job, JobState
from registry.tables.jobs import JobTable
from tests.contracts.recipe import ask
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import FakeJobRunner
from training.follow import Follower, Step, judge
from training.runner import JobKind, JobStatus, Limits, Phase
from training.spec import TrainingSpec

ONE = JobId("training-1")
LIMIT = 100.0


def limit(document: object) -> Limits:
    spec = TrainingSpec.read(document)
    return Limits(spec.resources.num_cpus, spec.time_limit_s)


KINDS = {"training": JobKind("training.entry", limit)}


def job(state: JobState = JobState.PENDING, **result: float) -> Job:
    spec = ask("sklearn_classifier", "sklearn:iris", time_limit_s=LIMIT).document
    return Job(ONE, "training", spec, state, "", dict(result), 0.0, 0.0)


@pytest.mark.parametrize(
    ("state", "phase", "expected"),
    [
        (JobState.PENDING, None, Step(submit=True)),
        (JobState.PENDING, Phase.PENDING, Step()),
        (JobState.PENDING, Phase.RUNNING, Step(state=JobState.RUNNING, message="starting")),
        (JobState.RUNNING, Phase.RUNNING, Step()),
        (
            JobState.RUNNING,
            Phase.STOPPED,
            Step(state=JobState.STOPPED, message="stopped in the cluster"),
        ),
    ],
)
def test_what_the_cluster_says_decides(
    state: JobState, phase: Phase | None, expected: Step
) -> None:
    status = None if phase is None else JobStatus(phase, "")
    assert judge(job(state), status, LIMIT, 1.0) == expected


@pytest.mark.parametrize("phase", [Phase.SUCCEEDED, Phase.FAILED, None])
def test_a_running_job_that_ended_without_a_word_failed(phase: Phase | None) -> None:
    status = None if phase is None else JobStatus(phase, "killed")
    assert judge(job(JobState.RUNNING), status, LIMIT, 1.0).state is JobState.FAILED


def test_a_job_past_its_limit_is_stopped() -> None:
    running = job(JobState.RUNNING, started_at=10.0)
    status = JobStatus(Phase.RUNNING, "")
    assert judge(running, status, LIMIT, 110.0) == Step()
    late = judge(running, status, LIMIT, 110.1)
    assert (late.stop, late.state) == (True, JobState.FAILED)


@pytest.fixture
def table(tmp_path: Path) -> JobTable:
    url = f"sqlite:///{tmp_path / 'platform.db'}"
    migrate(url)
    return JobTable(Database(url))


@pytest.fixture
def runner() -> FakeJobRunner:
    return FakeJobRunner()


@pytest.fixture
def follower(table: JobTable, runner: FakeJobRunner, tmp_path: Path) -> Follower:
    return Follower(table, tmp_path, runner, KINDS, FakeClock())


def test_an_accepted_job_is_submitted_once(
    table: JobTable, runner: FakeJobRunner, follower: Follower, tmp_path: Path
) -> None:
    table.add(job())
    assert [follower.step(), follower.step()] == [1, 1]
    (submitted,) = runner.submitted
    assert (submitted.job, submitted.num_cpus) == (ONE, 1.0)
    assert submitted.order == tmp_path / ONE / "spec.json"


def test_nothing_changes_while_the_cluster_is_away(
    table: JobTable, runner: FakeJobRunner, follower: Follower
) -> None:
    table.add(job(JobState.RUNNING))
    runner.is_down = True
    with pytest.raises(Unavailable):
        follower.step()
    assert table.get(ONE).state is JobState.RUNNING


def test_a_dead_job_fails_with_the_end_of_its_log(
    table: JobTable, runner: FakeJobRunner, follower: Follower
) -> None:
    table.add(job(JobState.RUNNING))
    runner.move(ONE, Phase.FAILED, "exit code 137")
    runner.write(ONE, "out of memory")
    follower.step()
    failed = table.get(ONE)
    assert failed.state is JobState.FAILED
    assert "exit code 137" in failed.message
    assert failed.message.endswith("its log ends: out of memory")


def test_a_job_without_a_log_fails_too(
    table: JobTable, runner: FakeJobRunner, follower: Follower
) -> None:
    table.add(job(JobState.RUNNING))
    follower.step()
    assert table.get(ONE).message == "the cluster lost the job; submit it again"


def test_the_limit_stops_the_job_in_the_cluster(
    table: JobTable, runner: FakeJobRunner, follower: Follower
) -> None:
    table.add(job(JobState.RUNNING, started_at=FakeClock().now() - LIMIT - 1))
    runner.move(ONE, Phase.RUNNING)
    follower.step()
    assert runner.stopped == [ONE]
    assert "longer than its limit" in table.get(ONE).message


def test_a_job_with_a_broken_spec_fails_alone(table: JobTable, follower: Follower) -> None:
    table.add(Job(ONE, "training", {}, JobState.PENDING, "", {}, 0.0, 0.0))
    assert follower.step() == 1
    assert table.get(ONE).state is JobState.FAILED


def test_finished_jobs_are_left_alone(table: JobTable, follower: Follower) -> None:
    table.add(job(JobState.SUCCEEDED))
    assert follower.step() == 0
