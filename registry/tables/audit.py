"""The audit log: who changed what by the control API, with what was there before and after."""

from sqlalchemy import insert, select

from registry.database import Database
from registry.records import AuditEntry
from registry.schema import audit


class AuditTable:
    """Entries in the order in which they were written; none is ever changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, entry: AuditEntry) -> None:
        """Write one entry."""
        with self._database.write(visible=False) as connection:
            connection.execute(
                insert(audit).values(
                    at=entry.at,
                    actor=entry.actor[:200],
                    action=entry.action[:16],
                    subject=entry.subject[:400],
                    status=entry.status,
                    before=entry.before,
                    after=entry.after,
                )
            )

    def list(self, limit: int = 100, subject: str = "") -> tuple[AuditEntry, ...]:
        """The last entries, newest first; those whose subject begins so."""
        wanted = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if subject:
            wanted = wanted.where(audit.c.subject.startswith(subject, autoescape=True))
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return tuple(
            AuditEntry(
                row.at, row.actor, row.action, row.subject, row.status, row.before, row.after
            )
            for row in rows
        )
