"""Which replicas of a pool a model is asked at: few, so that few load it; more when it is hot. Pure."""

from collections.abc import Callable
from hashlib import blake2b

from core.refs import ReplicaId, ResidentId
from gateway.directory import Pooled
from registry.records import Lease


def spread(
    resident: ResidentId,
    loaded: tuple[Lease, ...],
    pool: Pooled | None,
    in_flight: Callable[[Lease], int],
) -> tuple[Lease, ...]:
    """The replicas that hold the model; one that is to load it where none does, or all are busy.

    Every gateway finds the same one: the first by rendezvous hashing (Thaler and Ravishankar 1998) of those
    that do not hold it.
    """
    if pool is None:
        return loaded
    if loaded and any(in_flight(lease) < pool.spread_at for lease in loaded):
        return loaded
    holding = {lease.address for lease in loaded}
    others = [lease for lease in pool.leases if lease.address not in holding]
    if not others:
        return loaded
    return (min(others, key=lambda lease: _rank(lease.replica, resident)),)


def _rank(replica: ReplicaId, resident: ResidentId) -> bytes:
    return blake2b(f"{replica}\n{resident}".encode(), digest_size=8).digest()
