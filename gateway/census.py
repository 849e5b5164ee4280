"""The census: what all replicas of an endpoint have counted, as one number that never falls.

The tables hold what each replica wrote last, those that are gone included; replicas that are there are
asked as well, so that a client which looks right after a request finds it counted.
"""

import asyncio
from collections.abc import Callable, Iterable

import orjson

from core.clock import Clock
from core.errors import NoReplica
from core.oip.statistics import Counts, sum_counts
from core.refs import EndpointName, ReplicaId
from gateway.directory import Directory, Served
from gateway.envelope import Sealer
from gateway.follower import Follower
from gateway.upstream import Broken, Upstream
from registry.records import Counter, Lease, Resident

ASK_S = 2.0
# What the tables have of an endpoint; called in a thread.
ReadCounters = Callable[[EndpointName], tuple[Counter, ...]]


class Census:
    """Counts by version. Belongs to one event loop."""

    def __init__(
        self, read: ReadCounters, follower: Follower, upstream: Upstream, clock: Clock
    ) -> None:
        self._read = read
        self._follower = follower
        self._upstream = upstream
        self._sealer = Sealer(clock)

    async def count(self, served: Served) -> dict[str, Counts]:
        """What each version that is loaded has counted, by version; nothing yet is zeros."""
        directory = self._follower.directory
        residents = (*served.residents, *served.others)
        asked = [
            self._ask(directory, resident, lease)
            for resident in residents
            for lease in directory.leases.get(resident.id, ())
        ]
        endpoint = EndpointName(served.spec.name)
        rows = await asyncio.to_thread(self._read, endpoint)
        answers = await asyncio.gather(*asked)
        return add_up(residents, rows, dict(one for one in answers if one is not None))

    async def _ask(
        self, directory: Directory, resident: Resident, lease: Lease
    ) -> tuple[ReplicaId, tuple[Resident, Counts]] | None:
        path = f"/v2/models/{resident.endpoint}/stats"
        try:
            message = self._sealer.seal_get(resident, directory.secret, path)
            reply = await self._upstream.ask(lease.address, message, ASK_S)
            (found,) = orjson.loads(reply.body)["model_stats"]
            return lease.replica, (resident, Counts.from_json(found))
        except (Broken, NoReplica, TimeoutError, ValueError, KeyError, TypeError):
            # What it wrote last stands.
            return None


def add_up(
    residents: Iterable[Resident],
    rows: Iterable[Counter],
    live: dict[ReplicaId, tuple[Resident, Counts]],
) -> dict[str, Counts]:
    """The sums by version: of each replica the later of its two readings."""
    residents = tuple(residents)
    by_version: dict[str, list[Counts]] = {str(one.version): [] for one in residents}
    known = {one.id for one in residents}
    left = dict(live)
    for row in rows:
        if row.resident in known:
            _, newest = left.pop(row.replica, (None, Counts()))
            by_version[str(row.version)].append(row.counts | newest)
    for resident, counts in left.values():
        by_version[str(resident.version)].append(counts)
    return {version: sum_counts(counts) for version, counts in by_version.items()}
