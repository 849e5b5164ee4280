"""Take training jobs in, and stop them."""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.clock import Clock
from core.errors import InvalidSpec, NotFound
from core.refs import JobId
from registry.records import Job, JobState
from registry.tables.jobs import JobTable
from training.algorithm import check_hyperparameters
from training.job import JobFolder, JobOrder
from training.runner import JobRunner
from training.spec import TrainingSpec


@dataclass(frozen=True, slots=True)
class Stores:
    """Where a job finds the platform: two database URLs, the folder of packages, that of all jobs."""

    database_url: str
    mlflow_uri: str
    packages: Path
    jobs: Path


class Intake:
    """Accepts jobs into the platform's tables; `training.follow` submits them and follows them."""

    def __init__(self, jobs: JobTable, stores: Stores, runner: JobRunner, clock: Clock) -> None:
        self._jobs, self._stores, self._runner, self._clock = jobs, stores, runner, clock

    def accept(self, spec: TrainingSpec) -> Job:
        """Record a job that is to run.

        Raises InvalidSpec for hyperparameters that do not fit, and for a file that is not there.
        """
        checked = check_hyperparameters(spec)
        if spec.data.built_in is None and not Path(spec.data.source).is_file():
            raise InvalidSpec("TrainingSpec", {"data.source": f"no file {spec.data.source}"})
        spec = spec.model_copy(update={"hyperparameters": checked.model_dump(mode="json")})
        job = JobId(f"{spec.kind}-{secrets.token_hex(6)}")
        JobFolder.of(self._stores.jobs, job).write_order(
            JobOrder(
                job=job,
                spec=spec,
                database_url=self._stores.database_url,
                mlflow_uri=self._stores.mlflow_uri,
                packages=self._stores.packages,
            )
        )
        now = self._clock.now()
        accepted = Job(job, spec.kind, spec.document, JobState.PENDING, "accepted", {}, now, now)
        self._jobs.add(accepted)
        return accepted

    def stop(self, job: JobId) -> Job:
        """Stop a job; one that has ended stays as it is.

        Raises NotFound, and Unavailable when the cluster cannot be told.
        """
        if not self._jobs.get(job).state.is_final:
            # One that was not submitted yet finds its state when it starts.
            with suppress(NotFound):
                self._runner.stop(job)
            self._jobs.mark(job, JobState.STOPPED, "stopped on request", self._clock.now())
        return self._jobs.get(job)
