from pathlib import Path

import pytest

from core.errors import InvalidSpec, NotFound
from core.refs import JobId
from registry.records import JobState
from serving.transform.order import TransformOrder
from tests.fakes.control import FakeControl
from training.job import JobFolder


def ask(control: FakeControl, name: str = "in.csv", model: str = "iris:1") -> dict[str, object]:
    return {"model": model, "input": str(control.home / name), "output": str(control.home / "out")}


@pytest.fixture
def control(tmp_path: Path) -> FakeControl:
    control = FakeControl(tmp_path)
    control.publish()
    (tmp_path / "in.csv").write_text("f0,f1,f2,f3\n1,2,3,4\n")
    return control


def test_an_accepted_transform_is_a_job_with_its_order(control: FakeControl) -> None:
    job = control.client.jobs.transform(ask(control))
    assert (job.kind, job.state) == ("transform", JobState.PENDING)
    order = TransformOrder.load(JobFolder.of(control.home / "jobs", JobId(job.id)).spec)
    assert (order.job, order.version) == (job.id, 1)
    assert control.client.jobs.list() == (job,)


def test_what_is_not_there_is_refused_at_once(control: FakeControl) -> None:
    with pytest.raises(NotFound):
        control.client.jobs.transform(ask(control, model="nobody:1"))
    with pytest.raises(InvalidSpec):
        control.client.jobs.transform(ask(control, name="nothing"))
