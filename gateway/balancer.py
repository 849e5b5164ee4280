"""Which replica gets the next request: the less busy of two, leaving out those that are gone."""

from random import Random

from core.refs import ReplicaId
from registry.records import Lease


class Balancer:
    """Counts what each replica has in flight from this gateway. Belongs to one event loop."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._in_flight: dict[ReplicaId, int] = {}
        self._ejected: dict[ReplicaId, float] = {}

    def choose(self, leases: tuple[Lease, ...]) -> Lease | None:
        """One of the leases, None when no replica of them is to be had.

        Source: power of two choices, Mitzenmacher 2001.
        """
        if self._ejected and leases:
            leases = tuple(lease for lease in leases if not self._is_ejected(lease))
        if len(leases) < 2:
            return leases[0] if leases else None
        one, other = self._random.sample(leases, 2)
        busy = self._in_flight.get
        return one if busy(one.replica, 0) <= busy(other.replica, 0) else other

    def start(self, lease: Lease) -> None:
        """A request goes out."""
        self._in_flight[lease.replica] = self._in_flight.get(lease.replica, 0) + 1

    def finish(self, lease: Lease) -> None:
        """It came back, or never will."""
        left = self._in_flight.get(lease.replica, 0) - 1
        if left > 0:
            self._in_flight[lease.replica] = left
        else:
            self._in_flight.pop(lease.replica, None)

    def eject(self, lease: Lease) -> None:
        """Nobody listened there: leave the replica out until it has renewed its lease."""
        self._ejected[lease.replica] = lease.expires_at

    def forget(self, before: float) -> None:
        """Forget replicas whose leases ended before this time (Unix seconds)."""
        if self._ejected:
            self._ejected = {one: end for one, end in self._ejected.items() if end > before}

    def in_flight(self, lease: Lease) -> int:
        """Requests that the replica has from this gateway."""
        return self._in_flight.get(lease.replica, 0)

    def _is_ejected(self, lease: Lease) -> bool:
        ended_at = self._ejected.get(lease.replica)
        if ended_at is None:
            return False
        if lease.expires_at > ended_at:
            del self._ejected[lease.replica]
            return False
        return True
