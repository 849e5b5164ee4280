"""What happened, for people to read."""

from sqlalchemy import insert, select

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
