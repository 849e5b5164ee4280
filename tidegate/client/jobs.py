"""The client's calls about jobs."""

from collections.abc import Callable, Mapping
from typing import Any

from serving.transform.spec import TransformSpec
from tidegate.client.connection import Connection
from tidegate.client.waiting import Waiting
from tidegate.control.documents import JobDocument
from training.spec import TrainingSpec


class Jobs:
    """Training jobs and batch transforms."""

    def __init__(self, connection: Connection, waiting: Waiting) -> None:
        self._connection, self._waiting = connection, waiting

    def submit(self, spec: TrainingSpec | Mapping[str, Any]) -> JobDocument:
        """Start a job; returns at once, `wait` tells when it has ended. Raises InvalidSpec."""
        wanted = spec if isinstance(spec, TrainingSpec) else TrainingSpec.read(spec)
        return self._connection.post(JobDocument, "jobs", body=wanted.model_dump(mode="json"))

    def transform(self, spec: TransformSpec | Mapping[str, Any]) -> JobDocument:
        """Start a batch transform; returns at once. Raises InvalidSpec, NotFound."""
        wanted = spec if isinstance(spec, TransformSpec) else TransformSpec.read(spec)
        return self._connection.post(JobDocument, "transforms", body=wanted.document)

    def list(self) -> tuple[JobDocument, ...]:
        """All jobs, newest first."""
        return self._connection.list(JobDocument, "jobs")

    def get(self, job: str) -> JobDocument:
        """One job; raises NotFound."""
        return self._connection.get(JobDocument, "jobs", job)

    def logs(self, job: str) -> str:
        """What the job has written until now; raises NotFound, Unavailable."""
        return self._connection.text("jobs", job, "logs")

    def stop(self, job: str) -> JobDocument:
        """Stop a job; one that has ended stays as it is."""
        return self._connection.post(JobDocument, "jobs", job, "stop")

    def wait(
        self,
        job: str,
        timeout_s: float = 3600.0,
        progress: Callable[[JobDocument], None] | None = None,
    ) -> JobDocument:
        """Wait until the job has ended, well or not: see its `state` and `message`.

        `progress` is called with what was seen, whenever it has changed. Raises DeadlineExceeded.
        """
        return self._waiting.until(
            lambda: self.get(job),
            lambda seen: seen.state.is_final,
            subject=f"job {job}",
            timeout_s=timeout_s,
            progress=progress,
        )
