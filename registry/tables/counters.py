"""What replicas have counted since they started. Rows of replicas that are gone stay in the sums."""

from collections.abc import Callable, Iterable
from hashlib import sha256

from sqlalchemy import Connection, Row, delete, insert, select, update

from core.oip.statistics import Counts, sum_counts
from core.refs import EndpointName, ReplicaId, ResidentId
from registry.database import Database
from registry.records import Counter
from registry.schema import counters

DEPARTED = "departed:"


class CounterTable:
    """Counters by replica; those of a resident's departed replicas are one row, `departed:<digest>`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self,
        replica: ReplicaId,
        endpoint: EndpointName,
        resident: ResidentId,
        version: int,
        counts: Counts,
        now: float,
    ) -> None:
        """Write what the replica has counted so far, in place of what it wrote before."""
        counter = Counter(replica, endpoint, resident, version, counts, now)
        with self._database.write(visible=False) as connection:
            _put(connection, counter)

    def list(self, endpoint: EndpointName | None = None) -> tuple[Counter, ...]:
        """The counters of one endpoint, or all, by replica."""
        query = select(counters).order_by(counters.c.replica)
        if endpoint is not None:
            query = query.where(counters.c.endpoint == endpoint)
        with self._database.read() as connection:
            return tuple(_read(row) for row in connection.execute(query).all())

    def fold(self, before: float, is_wanted: Callable[[EndpointName], bool]) -> int:
        """Put the rows of replicas that last wrote before this time into one for each resident.

        Those of an endpoint that is not wanted any more go. Sums stay what they were: it is one write.
        Returns how many rows went.
        """
        old = select(counters).where(counters.c.updated_at < before)
        with self._database.write(visible=False) as connection:
            found = [_read(row) for row in connection.execute(old).all()]
            alone = [one for one in found if not one.replica.startswith(DEPARTED)]
            gone = [one for one in found if not is_wanted(one.endpoint)]
            kept = [one for one in alone if is_wanted(one.endpoint)]
            leaving = {one.replica for one in (*alone, *gone)}
            for resident in {one.resident for one in kept}:
                mine = [one for one in kept if one.resident == resident]
                _put(connection, _merge(connection, resident, mine))
            if leaving:
                connection.execute(delete(counters).where(counters.c.replica.in_(leaving)))
        return len(leaving)


def _merge(connection: Connection, resident: ResidentId, leaving: Iterable[Counter]) -> Counter:
    # A digest, since the resident's own name may fill the column already.
    name = ReplicaId(DEPARTED + sha256(resident.encode()).hexdigest()[:32])
    row = connection.execute(select(counters).where(counters.c.replica == name)).first()
    all_of_them = [*leaving, *([_read(row)] if row is not None else [])]
    newest = max(all_of_them, key=lambda one: one.updated_at)
    counts = sum_counts(one.counts for one in all_of_them)
    return Counter(name, newest.endpoint, resident, newest.version, counts, newest.updated_at)


def _put(connection: Connection, counter: Counter) -> None:
    values = {
        "endpoint": counter.endpoint,
        "resident": counter.resident,
        "version": counter.version,
        "counts": counter.counts.to_json(counter.endpoint, str(counter.version)),
        "updated_at": counter.updated_at,
    }
    known = counters.c.replica == counter.replica
    if connection.execute(update(counters).where(known).values(**values)).rowcount == 0:
        connection.execute(insert(counters).values(replica=counter.replica, **values))


def _read(row: Row[tuple[object, ...]]) -> Counter:
    known = row._mapping
    return Counter(
        replica=ReplicaId(known["replica"]),
        endpoint=EndpointName(known["endpoint"]),
        resident=ResidentId(known["resident"]),
        version=known["version"],
        counts=Counts.from_json(known["counts"]),
        updated_at=known["updated_at"],
    )
