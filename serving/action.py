"""What the planner can ask for, as values."""

from dataclasses import dataclass

from core.pool import PoolSpec
from core.refs import EndpointName, ResidentId
from registry.records import Endpoint, EndpointState, Resident


@dataclass(frozen=True, slots=True)
class AddResident:
    """Record a resident that is to be loaded."""

    resident: Resident
    now: float


@dataclass(frozen=True, slots=True)
class StartApp:
    """Start the resident's application, or change its number of replicas."""

    resident: Resident


@dataclass(frozen=True, slots=True)
class StartPool:
    """Start the application of a pool."""

    spec: PoolSpec


@dataclass(frozen=True, slots=True)
class StopApp:
    """Drain and stop an application."""

    resident: ResidentId


@dataclass(frozen=True, slots=True)
class PromoteResident:
    """Send the variant's traffic to this resident; the live one is kept until `retire_at`."""

    resident: Resident
    retire_at: float


@dataclass(frozen=True, slots=True)
class ShiftTraffic:
    """Send this share of the variant's traffic to a new version; the live one keeps the rest."""

    resident: Resident
    share: float
    step: int
    now: float


@dataclass(frozen=True, slots=True)
class DrainResident:
    """Record that a resident is on its way out."""

    resident: ResidentId


@dataclass(frozen=True, slots=True)
class FailResident:
    """Record that a resident does not load, and why."""

    resident: ResidentId
    reason: str


@dataclass(frozen=True, slots=True)
class RemoveResident:
    """Forget a resident that is out of the cluster."""

    resident: ResidentId


@dataclass(frozen=True, slots=True)
class MarkEndpoint:
    """Record how an endpoint stands, unless it is no longer what was observed."""

    endpoint: Endpoint
    state: EndpointState
    reason: str


@dataclass(frozen=True, slots=True)
class RemoveEndpoint:
    """Forget an endpoint of which nothing is loaded."""

    endpoint: EndpointName


ResidentAction = (
    AddResident | PromoteResident | ShiftTraffic | DrainResident | FailResident | RemoveResident
)
Action = ResidentAction | StartApp | StartPool | StopApp | MarkEndpoint | RemoveEndpoint
