"""A cluster for jobs, in memory."""

from dataclasses import replace

from core.errors import NotFound, Unavailable
from core.refs import JobId
from training.runner import JobStatus, Phase, Submission


class FakeJobRunner:
    """As `JobRunner` says; a submitted job waits until `move` says otherwise.

    `is_down` makes every call raise Unavailable.
    """

    def __init__(self) -> None:
        self.submitted: list[Submission] = []
        self.stopped: list[JobId] = []
        self.is_down = False
        self._jobs: dict[JobId, JobStatus] = {}
        self._logs: dict[JobId, str] = {}

    def move(self, job: JobId, phase: Phase, message: str = "") -> None:
        """Let the job stand here."""
        self._jobs[job] = JobStatus(phase, message)

    def write(self, job: JobId, line: str) -> None:
        """Let the job write a line."""
        self._logs[job] = self._logs.get(job, "") + line + "\n"

    def submit(self, submission: Submission) -> None:
        self._reach()
        if submission.job not in self._jobs:
            self.submitted.append(submission)
            self._jobs[submission.job] = JobStatus(Phase.PENDING, "")

    def status(self, job: JobId) -> JobStatus:
        return self._get(job)

    def logs(self, job: JobId) -> str:
        self._get(job)
        return self._logs.get(job, "")

    def stop(self, job: JobId) -> None:
        self._jobs[job] = replace(self._get(job), phase=Phase.STOPPED)
        self.stopped.append(job)

    def _get(self, job: JobId) -> JobStatus:
        self._reach()
        if job not in self._jobs:
            raise NotFound("submitted job", job)
        return self._jobs[job]

    def _reach(self) -> None:
        if self.is_down:
            raise Unavailable("Ray's Jobs API", "down")
