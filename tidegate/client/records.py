"""The client's calls about usage and the audit log."""

from tidegate.client.connection import Connection
from tidegate.control.papers import AuditDocument, UsageDocument


class Records:
    """What callers asked for, and what was changed by whom."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def usage(self, first: str = "", last: str = "") -> tuple[UsageDocument, ...]:
        """By day, route and caller, from one day (`2026-11-24`, UTC) to another; 30 days unless said."""
        days = {"first": first, "last": last}
        query = {name: day for name, day in days.items() if day}
        return self._connection.list(UsageDocument, "usage", query=query)

    def audit(self, limit: int = 100, subject: str = "") -> tuple[AuditDocument, ...]:
        """The last changes, newest first; those of paths that begin with `subject`."""
        query = {"limit": str(limit), "subject": subject}
        return self._connection.list(AuditDocument, "audit", query=query)
