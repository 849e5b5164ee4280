"""What happened, for people to read."""

from sqlalchemy import delete, func, insert, select

from registry.database import Database
from registry.records import Event
from registry.schema import events


class EventTable:
    """Events by kind and subject, such as `endpoint` and its name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, event: Event) -> None:
        """Record an event."""
        with self._database.write(visible=False) as connection:
            connection.execute(
                insert(events).values(
                    at=event.at, kind=event.kind, subject=event.subject, message=event.message
                )
            )

    def trim(self, keep: int) -> int:
        """Forget all but the newest `keep` events of each thing; returns how many went."""
        place = func.row_number().over(
            partition_by=(events.c.kind, events.c.subject), order_by=events.c.id.desc()
        )
        ranked = select(events.c.id, place.label("place")).subquery()
        old = select(ranked.c.id).where(ranked.c.place > keep)
        with self._database.write(visible=False) as connection:
            return connection.execute(delete(events).where(events.c.id.in_(old))).rowcount

    def list(self, kind: str, subject: str, limit: int = 100) -> tuple[Event, ...]:
        """The latest events of one thing, newest first."""
        wanted = (
            select(events)
            .where(events.c.kind == kind, events.c.subject == subject)
            .order_by(events.c.id.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return tuple(Event(row.at, row.kind, row.subject, row.message) for row in rows)
