"""Which replica a sequence is at: its state lives there. Belongs to one event loop."""

from collections import OrderedDict
from hashlib import blake2b

from core.refs import ReplicaId, ResidentId
from registry.records import Lease

MAX_KNOWN = 100_000


class Stickiness:
    """Remembers where sequences began; the one asked for the longest ago is forgotten first.

    One that this gateway does not know is looked for where every gateway would begin it: at the first
    replica by rendezvous hashing (Thaler and Ravishankar 1998).
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[ResidentId, str], ReplicaId] = OrderedDict()

    def choose(
        self, resident: ResidentId, sequence: str, leases: tuple[Lease, ...]
    ) -> tuple[Lease, ...]:
        """The one lease that the sequence's steps go to; none where nobody answers."""
        key = (resident, sequence)
        replica = self._known.get(key)
        found = next((lease for lease in leases if lease.replica == replica), None)
        if found is None:
            if not leases:
                return ()
            found = min(leases, key=lambda lease: _rank(lease.replica, sequence))
        self._known[key] = found.replica
        self._known.move_to_end(key)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return (found,)


def _rank(replica: ReplicaId, sequence: str) -> bytes:
    return blake2b(f"{replica}\n{sequence}".encode(), digest_size=8).digest()
