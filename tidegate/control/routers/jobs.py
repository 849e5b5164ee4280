"""Jobs: start, watch, stop."""

from contextlib import suppress

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from core.errors import NotFound
from core.refs import JobId
from registry.tables.jobs import JobTable
from tidegate.control.documents import JobDocument, Listing
from training.intake import Intake
from training.runner import JobRunner
from training.spec import TrainingSpec


class JobOperations:
    """The operations on jobs."""

    def __init__(self, jobs: JobTable, intake: Intake, runner: JobRunner) -> None:
        self._jobs, self._intake, self._runner = jobs, intake, runner

    def list(self) -> Listing[JobDocument]:
        """All jobs, newest first."""
        return Listing(items=tuple(JobDocument.of(job) for job in self._jobs.list()))

    def submit(self, spec: TrainingSpec) -> JobDocument:
        """Accept a training job; it starts when the cluster has room."""
        return JobDocument.of(self._intake.accept(spec))

    def get(self, job: str) -> JobDocument:
        """How a job stands, and what it published."""
        return JobDocument.of(self._jobs.get(JobId(job)))

    def read_logs(self, job: str) -> str:
        """What the job has written until now; nothing while it waits."""
        known = self._jobs.get(JobId(job)).id
        with suppress(NotFound):
            return self._runner.logs(known)
        return ""

    def stop(self, job: str) -> JobDocument:
        """Stop a job; one that has ended stays as it is."""
        return JobDocument.of(self._intake.stop(JobId(job)))


def build_router(operations: JobOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(prefix="/jobs", tags=["jobs"])
    router.add_api_route("", operations.list, methods=["GET"])
    router.add_api_route("", operations.submit, methods=["POST"])
    router.add_api_route("/{job}", operations.get, methods=["GET"])
    router.add_api_route(
        "/{job}/logs", operations.read_logs, methods=["GET"], response_class=PlainTextResponse
    )
    router.add_api_route("/{job}/stop", operations.stop, methods=["POST"])
    return router
