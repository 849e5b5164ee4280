"""Where jobs run."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from core.refs import JobId


class Phase(StrEnum):
    """Where a submitted job stands in the cluster."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Submission:
    """A job to run: the module that does it, the order file that it reads, what it takes of the cluster."""

    job: JobId
    module: str
    order: Path
    num_cpus: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job of a kind takes, as its spec says."""

    num_cpus: float
    time_limit_s: float


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: the module that runs in the cluster, and how to read a spec of it.

    `limits` raises InvalidSpec for a document that is no spec of this kind.
    """

    module: str
    limits: Callable[[Any], Limits]


@dataclass(frozen=True, slots=True)
class JobStatus:
    """How a submitted job stands; `message` is the cluster's, often empty."""

    phase: Phase
    message: str


class JobRunner(Protocol):
    """Called by the control process, from any thread; every call may wait for the network.

    Every method raises Unavailable when the cluster cannot be reached.
    """

    def submit(self, submission: Submission) -> None:
        """Start a job; one that was submitted already goes on as it is."""
        ...

    def status(self, job: JobId) -> JobStatus:
        """How a job stands; raises NotFound for one that was never submitted to this cluster."""
        ...

    def logs(self, job: JobId) -> str:
        """What the job has written until now; raises NotFound."""
        ...

    def stop(self, job: JobId) -> None:
        """Ask a job to stop; it is killed when it does not. Raises NotFound."""
        ...
