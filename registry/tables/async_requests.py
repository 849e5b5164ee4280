"""Asynchronous requests: a durable queue that several couriers work through.

Nothing here concerns gateways' directories or the reconciler, so no write is a visible one.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from core.errors import NotFound, QueueFull
from core.refs import EndpointName
from registry.database import Database
from registry.records import AsyncRequest, AsyncState
from registry.schema import async_requests as rows

_RETRY_AFTER_S = 10.0


class AsyncRequestTable:
    """Asynchronous requests by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, request: AsyncRequest, limit: int) -> None:
        """Queue a request; raises QueueFull when `limit` of its endpoint are waiting already."""
        with self._database.write(visible=False) as connection:
            waiting = connection.execute(
                select(func.count())
                .select_from(rows)
                .where(rows.c.endpoint == request.endpoint, rows.c.state == AsyncState.QUEUED)
            ).scalar_one()
            if waiting >= limit:
                raise QueueFull(f"{request.endpoint} (asynchronous)", _RETRY_AFTER_S)
            connection.execute(insert(rows).values(**asdict(request)))

    def get(self, request: str) -> AsyncRequest:
        """One request; raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(rows).where(rows.c.id == request)).first()
        if row is None:
            raise NotFound("asynchronous request", request)
        return _read(row)

    def list(self, endpoint: EndpointName, limit: int = 100) -> tuple[AsyncRequest, ...]:
        """The endpoint's newest requests, newest first."""
        wanted = select(rows).where(rows.c.endpoint == endpoint)
        with self._database.read() as connection:
            found = connection.execute(wanted.order_by(rows.c.created_at.desc()).limit(limit)).all()
        return tuple(_read(row) for row in found)

    def claim(self, owner: str, now: float, until: float, limit: int) -> tuple[AsyncRequest, ...]:
        """Take up to `limit` requests that are due, oldest first, and those whose owner is gone."""
        due = (rows.c.state == AsyncState.QUEUED) & (rows.c.due_at <= now)
        lost = (rows.c.state == AsyncState.RUNNING) & (rows.c.owned_until <= now)
        wanted = (due | lost) & (rows.c.expires_at > now)
        with self._database.read() as connection:
            if connection.execute(select(rows.c.id).where(wanted).limit(1)).first() is None:
                return ()
        with self._database.write(visible=False) as connection:
            found = connection.execute(
                select(rows.c.id).where(wanted).order_by(rows.c.due_at).limit(limit)
            ).scalars()
            taken = tuple(found)
            self._change(
                connection,
                rows.c.id.in_(taken),
                state=AsyncState.RUNNING,
                owner=owner,
                owned_until=until,
                attempts=rows.c.attempts + 1,
            )
            claimed = connection.execute(select(rows).where(rows.c.id.in_(taken))).all()
        return tuple(_read(row) for row in claimed)

    def renew(self, owner: str, requests: Iterable[str], until: float) -> None:
        """Keep what this owner still works on."""
        with self._database.write(visible=False) as connection:
            mine = (rows.c.owner == owner) & (rows.c.state == AsyncState.RUNNING)
            self._change(connection, mine & rows.c.id.in_(tuple(requests)), owned_until=until)

    def release(self, request: AsyncRequest, due_at: float, message: str) -> bool:
        """Put it back for another try; False when it is no longer this owner's."""
        return self._settle(
            request, state=AsyncState.QUEUED, due_at=due_at, message=message, owner=""
        )

    def finish(
        self, request: AsyncRequest, state: AsyncState, reply: dict[str, Any], now: float
    ) -> bool:
        """Keep how it ended; False when it is no longer this owner's. Its callback is due at once."""
        due = now if request.callback else None
        return self._settle(
            request, state=state, reply=reply, finished_at=now, message="", callback_due_at=due
        )

    def cancel(self, request: str, now: float) -> bool:
        """Cancel it unless it runs or has ended; whether that was done."""
        with self._database.write(visible=False) as connection:
            waiting = (rows.c.id == request) & (rows.c.state == AsyncState.QUEUED)
            return self._change(connection, waiting, state=AsyncState.CANCELLED, finished_at=now)

    def claim_callbacks(self, now: float, until: float, limit: int) -> tuple[AsyncRequest, ...]:
        """Take up to `limit` callbacks that are due; an undelivered one is due again at `until`."""
        due = rows.c.callback_due_at <= now
        with self._database.read() as connection:
            if connection.execute(select(rows.c.id).where(due).limit(1)).first() is None:
                return ()
        with self._database.write(visible=False) as connection:
            taken = tuple(connection.execute(select(rows.c.id).where(due).limit(limit)).scalars())
            self._change(
                connection,
                rows.c.id.in_(taken),
                callback_due_at=until,
                callback_attempts=rows.c.callback_attempts + 1,
            )
            claimed = connection.execute(select(rows).where(rows.c.id.in_(taken))).all()
        return tuple(_read(row) for row in claimed)

    def called(self, request: str, due_at: float | None) -> None:
        """Say when the callback is due again, None for never."""
        with self._database.write(visible=False) as connection:
            self._change(connection, rows.c.id == request, callback_due_at=due_at)

    def sweep(self, now: float) -> tuple[str, ...]:
        """Forget requests whose time is over and that nobody works on; returns their ids."""
        over = (rows.c.expires_at <= now) & (rows.c.owned_until <= now)
        with self._database.read() as connection:
            gone = tuple(connection.execute(select(rows.c.id).where(over)).scalars())
        if gone:
            with self._database.write(visible=False) as connection:
                connection.execute(delete(rows).where(rows.c.id.in_(gone)))
        return gone

    def _settle(self, request: AsyncRequest, **values: Any) -> bool:
        mine = (
            (rows.c.id == request.id)
            & (rows.c.owner == request.owner)
            & (rows.c.state == AsyncState.RUNNING)
            # Another courier of the same name would have counted one more attempt.
            & (rows.c.attempts == request.attempts)
        )
        with self._database.write(visible=False) as connection:
            return self._change(connection, mine, owned_until=0.0, **values)

    @staticmethod
    def _change(connection: Connection, where: Any, **values: Any) -> bool:
        return bool(connection.execute(update(rows).where(where).values(**values)).rowcount)


def _read(row: Row[tuple[object, ...]]) -> AsyncRequest:
    known = dict(row._mapping)
    return AsyncRequest(
        **{
            **known,
            "endpoint": EndpointName(known["endpoint"]),
            "state": AsyncState(known["state"]),
        }
    )
