"""Connections to the platform's tables: SQLite in WAL mode by default, PostgreSQL by URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, make_url, select, update

from registry.schema import generations

_WRITES = "begin_immediate"
_BUSY_MS = 10_000


class Database:
    """One engine. Safe to share between threads; each `read` or `write` is one transaction.

    SQLAlchemy's own errors pass through: the callers at the edges know what an outage means to them.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)

    @property
    def file(self) -> Path | None:
        """The SQLite file, None for a server."""
        url = make_url(self.url)
        return Path(url.database) if url.drivername == "sqlite" and url.database else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view; nothing written in it is kept."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, visible: bool = True) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start; commits unless it raises.

        `visible` moves the generation on, so that gateways and the reconciler look again.
        """
        opened = self._engine.connect().execution_options(**{_WRITES: True})
        with opened as connection, connection.begin():
            yield connection
            if visible:
                connection.execute(update(generations).values(value=generations.c.value + 1))

    def generation(self) -> int:
        """The counter of visible writes."""
        with self.read() as connection:
            return int(connection.execute(select(generations.c.value)).scalar_one())

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own BEGIN would come too late for BEGIN IMMEDIATE: we begin in `_begin_sqlite`.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A read that turns into a write can deadlock with another one; IMMEDIATE takes the lock at once.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
