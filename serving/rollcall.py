"""The roll call: which replicas answer now that did not before, and which answer no more. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.refs import EndpointName, ReplicaId, ResidentId
from registry.records import Lease, Resident, ResidentState

_LEAVING = (ResidentState.RETIRED, ResidentState.DRAINING, ResidentState.FAILED)
Present = dict[ReplicaId, ResidentId]


@dataclass(frozen=True, slots=True)
class Change:
    """What to tell of an endpoint."""

    endpoint: EndpointName
    message: str


def call_roll(leases: tuple[Lease, ...]) -> Present:
    """Who answers."""
    return {lease.replica: lease.resident for lease in leases}


def compare(before: Present, now: Present, residents: tuple[Resident, ...]) -> Iterator[Change]:
    """What has changed among residents that are to answer; those on their way out are no news."""
    known = {one.id: one for one in residents}
    for replica, resident in before.items():
        one = known.get(resident)
        if replica not in now and one is not None and one.state not in _LEAVING:
            yield Change(one.endpoint, f"{_name(one, replica)} answers no more")
    for replica, resident in now.items():
        one = known.get(resident)
        if replica not in before and one is not None and one.state not in _LEAVING:
            yield Change(one.endpoint, f"{_name(one, replica)} answers")


def _name(resident: Resident, replica: ReplicaId) -> str:
    role = "replica" if resident.role == "predictor" else resident.role.value
    return f"{role} {replica} of version {resident.version}"
