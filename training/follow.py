"""Follow jobs: submit what was accepted, and keep the tables true to what the cluster says."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.clock import Clock
from core.errors import NotFound, TidegateError
from registry.records import Job, JobState
from registry.tables.jobs import JobTable
from training.job import JobFolder
from training.runner import JobKind, JobRunner, JobStatus, Phase, Submission

_LOG = logging.getLogger(__name__)
_TAIL = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """What to do about one job: submit it, stop it, and how it stands then (None: as before)."""

    submit: bool = False
    stop: bool = False
    state: JobState | None = None
    message: str = ""


def judge(job: Job, status: JobStatus | None, time_limit_s: float, now: float) -> Step:
    """What follows from what the cluster says of an unfinished job; `status` None: it knows none.

    A job says of itself when it has succeeded or failed, before its process ends; a process that ended
    without a word failed. The tables let no final state change, so the job's own word stays.
    """
    if status is None:
        if job.state is JobState.PENDING:
            return Step(submit=True)
        return Step(state=JobState.FAILED, message="the cluster lost the job; submit it again")
    match status.phase:
        case Phase.PENDING:
            return Step()
        case Phase.RUNNING:
            return _judge_running(job, time_limit_s, now)
        case Phase.STOPPED:
            return Step(state=JobState.STOPPED, message="stopped in the cluster")
        case _:
            reason = status.message or "it wrote no reason"
            return Step(state=JobState.FAILED, message=f"the job's process ended: {reason}")


def _judge_running(job: Job, time_limit_s: float, now: float) -> Step:
    # Its own word, since Ray counts from the moment it took the job, which may have waited for CPUs.
    if now - float(job.result.get("started_at", now)) > time_limit_s:
        message = f"stopped: it ran longer than its limit of {time_limit_s:g} s"
        return Step(stop=True, state=JobState.FAILED, message=message)
    if job.state is JobState.PENDING:
        return Step(state=JobState.RUNNING, message="starting")
    return Step()


class Follower:
    """Follows all unfinished jobs of these kinds, those of an earlier control process too."""

    def __init__(
        self,
        jobs: JobTable,
        folder: Path,
        runner: JobRunner,
        kinds: Mapping[str, JobKind],
        clock: Clock,
    ) -> None:
        self._jobs, self._folder, self._runner, self._clock = jobs, folder, runner, clock
        self._kinds = kinds

    def step(self) -> int:
        """Look after each unfinished job once; returns how many there are.

        Raises Unavailable when the cluster cannot be asked, and then leaves everything as it was.
        """
        unfinished = [job for job in self._jobs.list() if not job.state.is_final]
        for job in reversed(unfinished):
            self._attend(job)
        return len(unfinished)

    def _attend(self, job: Job) -> None:
        now = self._clock.now()
        try:
            kind = self._find_kind(job)
            limits = kind.limits(job.spec)
        except TidegateError as error:
            self._jobs.mark(job.id, JobState.FAILED, str(error), now)
            return
        step = judge(job, self._ask(job), limits.time_limit_s, now)
        if step.submit:
            order = JobFolder.of(self._folder, job.id).spec
            self._runner.submit(Submission(job.id, kind.module, order, limits.num_cpus))
        if step.stop:
            self._runner.stop(job.id)
        if step.state is not None:
            message = step.message + self._quote_log(job, step)
            self._jobs.mark(job.id, step.state, message, now)
            _LOG.info("job %s: %s, %s", job.id, step.state, message)

    def _find_kind(self, job: Job) -> JobKind:
        if job.kind not in self._kinds:
            raise NotFound("kind of job", job.kind)
        return self._kinds[job.kind]

    def _ask(self, job: Job) -> JobStatus | None:
        try:
            return self._runner.status(job.id)
        except NotFound:
            return None

    def _quote_log(self, job: Job, step: Step) -> str:
        """The end of a failed job's log: the reason stands there when the process died of it."""
        if step.state is not JobState.FAILED or step.stop:
            return ""
        try:
            tail = self._runner.logs(job.id)[-_TAIL:].strip()
        except NotFound:
            return ""
        return f"; its log ends: {tail}" if tail else ""
