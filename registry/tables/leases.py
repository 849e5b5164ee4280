"""Where replicas answer: each one renews its own lease, gateways read them all."""

from sqlalchemy import delete, insert, select, update

from core.refs import ReplicaId, ResidentId
from registry.database import Database
from registry.records import Lease
from registry.schema import leases


class LeaseTable:
    """Leases by replica."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, lease: Lease) -> None:
        """Announce a replica: gateways look at once."""
        with self._database.write() as connection:
            connection.execute(delete(leases).where(leases.c.replica == lease.replica))
            connection.execute(
                insert(leases).values(
                    replica=lease.replica,
                    resident=lease.resident,
                    address=lease.address,
                    expires_at=lease.expires_at,
                )
            )

    def renew(self, replica: ReplicaId, expires_at: float) -> bool:
        """Move the end of a lease on; False when it is gone and must be taken again."""
        with self._database.write(visible=False) as connection:
            moved = connection.execute(
                update(leases).where(leases.c.replica == replica).values(expires_at=expires_at)
            )
            return moved.rowcount == 1

    def release(self, replica: ReplicaId) -> None:
        """Withdraw a lease: gateways look at once and send nothing new."""
        with self._database.write() as connection:
            connection.execute(delete(leases).where(leases.c.replica == replica))

    def sweep(self, before: float) -> int:
        """Drop the leases that ended before this time; returns how many."""
        with self._database.read() as connection:
            ended = connection.execute(
                select(leases.c.replica).where(leases.c.expires_at < before)
            ).scalars()
            gone = list(ended)
        if gone:
            with self._database.write() as connection:
                connection.execute(
                    delete(leases).where(leases.c.replica.in_(gone), leases.c.expires_at < before)
                )
        return len(gone)

    def list(self) -> tuple[Lease, ...]:
        """All leases, ended ones included."""
        with self._database.read() as connection:
            rows = connection.execute(select(leases).order_by(leases.c.replica)).all()
        return tuple(
            Lease(ReplicaId(row.replica), ResidentId(row.resident), row.address, row.expires_at)
            for row in rows
        )
