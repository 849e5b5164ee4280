from pathlib import Path

import pandas as pd
import pytest

from core.refs import AliasName, JobId, ModelName
from registry.catalogue import Version
from registry.migration import migrate
from registry.platform import Platform, open_platform
from registry.records import Job, JobState
from tests.contracts.recipe import ask
from tests.fakes.catalogue import FakeCatalogue
from tests.fakes.clock import FakeClock
from training.entry import run_job
from training.job import JobFolder, JobOrder
from training.spec import TrainingSpec

ONE = JobId("training-1")
M = ModelName("m")


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    url = f"sqlite:///{tmp_path / 'platform.db'}"
    migrate(url)
    return open_platform(url)


@pytest.fixture
def catalogue() -> FakeCatalogue:
    return FakeCatalogue()


def run(
    spec: TrainingSpec,
    platform: Platform,
    catalogue: FakeCatalogue,
    folder: Path,
    state: JobState = JobState.PENDING,
) -> int:
    platform.jobs.add(Job(ONE, "training", spec.document, state, "", {}, 0.0, 0.0))
    order = JobOrder(
        job=ONE, spec=spec, database_url="", mlflow_uri="", packages=folder / "packages"
    )
    here = JobFolder.of(folder, ONE)
    here.write_order(order)
    return run_job(order, here, platform, lambda: catalogue, FakeClock())


def test_a_job_publishes_what_it_made(
    platform: Platform, catalogue: FakeCatalogue, tmp_path: Path
) -> None:
    assert run(ask("sklearn_classifier", "sklearn:iris"), platform, catalogue, tmp_path) == 0
    job = platform.jobs.get(ONE)
    assert (job.state, job.message) == (JobState.SUCCEEDED, "published m:1")
    assert job.result["digest"] == catalogue.get(M, 1).digest
    assert job.result["metrics"]["accuracy"] > 0.8
    held_out = pd.read_parquet(job.result["held_out"])
    assert (len(held_out), held_out.columns[-1]) == (38, "label")
    assert (tmp_path / ONE / "result.json").exists()


def test_a_job_points_the_alias_that_it_was_asked_to(
    platform: Platform, catalogue: FakeCatalogue, tmp_path: Path
) -> None:
    spec = ask("sklearn_classifier", "sklearn:iris", output={"model": "m", "alias": "candidate"})
    run(spec, platform, catalogue, tmp_path)
    (alias,) = catalogue.aliases(M)
    assert (alias.name, alias.version) == (AliasName("candidate"), 1)


def test_a_job_that_fails_says_why(
    platform: Platform, catalogue: FakeCatalogue, tmp_path: Path
) -> None:
    data = {"source": "/no/such.csv", "target": "y"}
    spec = TrainingSpec.read(ask("sklearn_classifier", "sklearn:iris").document | {"data": data})
    assert run(spec, platform, catalogue, tmp_path) == 1
    job = platform.jobs.get(ONE)
    assert job.state is JobState.FAILED
    assert job.message.startswith("invalid_spec: ")
    assert catalogue.models() == ()


def test_what_nobody_foresaw_is_in_the_message_and_in_the_log(
    platform: Platform, tmp_path: Path
) -> None:
    class Broken(FakeCatalogue):
        def publish(self, folder: Path, *, now: float) -> Version:
            raise RuntimeError(f"disk on fire under {folder.name} at {now:g}")

    with pytest.raises(RuntimeError):
        run(ask("sklearn_classifier", "sklearn:iris"), platform, Broken(), tmp_path)
    assert platform.jobs.get(ONE).message.startswith("RuntimeError: disk on fire")


def test_a_job_that_was_stopped_while_it_waited_does_nothing(
    platform: Platform, catalogue: FakeCatalogue, tmp_path: Path
) -> None:
    spec = ask("sklearn_classifier", "sklearn:iris")
    assert run(spec, platform, catalogue, tmp_path, JobState.STOPPED) == 0
    assert catalogue.models() == ()
