"""The edge to the cluster: one application for each resident."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from core.pool import PoolSpec
from core.refs import ResidentId
from registry.records import Resident


class AppState(StrEnum):
    """Where an application stands in the cluster."""

    STARTING = "starting"
    RUNNING = "running"
    FAILED = "failed"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class App:
    """One application as it was observed."""

    state: AppState
    message: str = ""


class Orchestrator(Protocol):
    """What the reconciler asks of a cluster. Calls block; none waits for a replica to be ready.

    Every method raises Unavailable when the cluster cannot be reached.
    """

    def observe(self) -> Mapping[ResidentId, App]:
        """All applications that there are."""
        ...

    def start(self, resident: Resident, folder: str = "") -> None:
        """Start the resident's application, or change how many replicas a running one has.

        `folder` comes first on its replicas' Python path.
        """
        ...

    def start_pool(self, spec: PoolSpec) -> None:
        """Start the application of a pool."""
        ...

    def stop(self, resident: ResidentId) -> None:
        """Drain and stop an application; nothing happens when it is not there."""
        ...
