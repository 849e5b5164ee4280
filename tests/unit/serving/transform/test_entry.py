from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import pytest
from pyarrow import csv

from core.refs import JobId
from registry.migration import migrate
from registry.platform import Platform, open_platform
from registry.records import Job, JobState
from serving.transform.entry import run_job
from serving.transform.order import TransformOrder, WorkerPlan
from serving.transform.part import Part, PartResult
from tests.fakes.clock import FakeClock
from tests.unit.serving.transform.test_order import make_order

JOB = JobId("transform-1")


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    url = f"sqlite:///{tmp_path}/platform.db"
    migrate(url)
    opened = open_platform(url)
    yield opened
    opened.database.close()


@pytest.fixture
def order(tmp_path: Path, platform: Platform) -> TransformOrder:
    platform.jobs.add(Job(JOB, "transform", {}, JobState.PENDING, "", {}, 0.0, 0.0))
    rows = "".join(f"{n},0,0,0,row{n}\n" for n in range(7))
    (tmp_path / "in.csv").write_text("f0,f1,f2,f3,id\n" + rows + "x,0,0,0,bad\n")
    return make_order(tmp_path, part_rows=3)


class Workers:
    """Works in this process; dies before the part of number `dies_at`."""

    def __init__(self, dies_at: int = 99) -> None:
        self.done: list[int] = []
        self._dies_at = dies_at

    def __call__(self, plan: WorkerPlan, parts: Sequence[Part]) -> Iterator[PartResult]:
        worker = plan.open()
        for part in parts:
            if part.index == self._dies_at:
                raise RuntimeError("killed")
            self.done.append(part.index)
            yield worker.work(part)


def test_a_job_answers_every_row_and_says_how_far_it_is(
    order: TransformOrder, platform: Platform, tmp_path: Path
) -> None:
    assert run_job(order, platform, Workers(), FakeClock()) == 0
    job = platform.jobs.get(JOB)
    assert (job.state, job.result["rows"], job.result["errors"]) == (JobState.SUCCEEDED, 7, 1)
    table = csv.read_csv(tmp_path / "out" / "part-00001.csv")
    assert table["scores.high"].to_pylist() == [3.0, 4.0, 5.0]
    assert orjson.loads((tmp_path / "out/summary.json").read_bytes())["parts"] == 3


def test_a_job_goes_on_where_an_earlier_one_died(
    order: TransformOrder, platform: Platform, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeError):
        run_job(order, platform, Workers(dies_at=2), FakeClock())
    assert platform.jobs.get(JOB).state is JobState.FAILED
    again = JobId("transform-2")
    platform.jobs.add(Job(again, "transform", {}, JobState.PENDING, "", {}, 0.0, 0.0))
    workers = Workers()
    assert run_job(order.model_copy(update={"job": again}), platform, workers, FakeClock()) == 0
    assert workers.done == [2]
    assert platform.jobs.get(again).result["rows"] == 7


def test_a_changed_input_is_not_mixed_with_the_old(
    order: TransformOrder, platform: Platform, tmp_path: Path
) -> None:
    run_job(order, platform, Workers(), FakeClock())
    (tmp_path / "in.csv").write_text("f0,f1,f2,f3\n1,2,3,4\n")
    other = JobId("transform-2")
    platform.jobs.add(Job(other, "transform", {}, JobState.PENDING, "", {}, 0.0, 0.0))
    assert run_job(order.model_copy(update={"job": other}), platform, Workers(), FakeClock()) == 1
    assert "another transform" in platform.jobs.get(other).message


def test_a_job_that_was_stopped_does_nothing(order: TransformOrder, platform: Platform) -> None:
    platform.jobs.mark(JOB, JobState.STOPPED, "", 1.0)
    workers = Workers()
    assert run_job(order, platform, workers, FakeClock()) == 0
    assert workers.done == []
