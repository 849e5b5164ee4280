import pytest

from core.errors import InvalidSpec, NotFound, Unavailable
from registry.records import JobState
from tests.contracts.recipe import ask
from tests.fakes.control import FakeControl
from training.runner import Phase

SPEC = ask("sklearn_classifier", "sklearn:iris")


def test_a_job_is_accepted_and_found(control: FakeControl) -> None:
    job = control.client.jobs.submit(SPEC)
    assert (job.kind, job.state, job.message) == ("training", "pending", "accepted")
    assert control.client.jobs.get(job.id) == job
    assert control.client.jobs.list() == (job,)


def test_a_wrong_hyperparameter_is_named(control: FakeControl) -> None:
    with pytest.raises(InvalidSpec) as caught:
        control.client.jobs.submit({**SPEC.document, "hyperparameters": {"c": -1}})
    assert set(caught.value.faults) == {"hyperparameters.c"}


def test_logs_come_from_the_cluster_and_are_empty_before(control: FakeControl) -> None:
    job = control.client.jobs.submit(SPEC)
    assert control.client.jobs.logs(job.id) == ""
    control.runner.move(control.platform.jobs.list()[0].id, Phase.RUNNING)
    control.runner.write(control.platform.jobs.list()[0].id, "fitting")
    assert control.client.jobs.logs(job.id) == "fitting\n"
    control.runner.is_down = True
    with pytest.raises(Unavailable):
        control.client.jobs.logs(job.id)


def test_a_job_is_stopped(control: FakeControl) -> None:
    job = control.client.jobs.submit(SPEC)
    assert control.client.jobs.stop(job.id).state is JobState.STOPPED


def test_a_job_that_is_not_there_is_not_found(control: FakeControl) -> None:
    for ask_for in (control.client.jobs.get, control.client.jobs.logs, control.client.jobs.stop):
        with pytest.raises(NotFound):
            ask_for("training-0")
