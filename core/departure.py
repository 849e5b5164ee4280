"""Departures: work for a client that has left is cancelled.

ASGI tells of a disconnect only to whoever awaits `receive`. A task for that beside each request costs
more than the whole rest of answering it, so the connection itself cancels the request's task.
"""

import asyncio
from typing import Any

from core.http import ASGIApp, Receive, Scope, Send

EXTENSION = "tidegate.departure"


class Departure:
    """Of one connection: the task that answers on it now, cancelled when the client leaves."""

    def __init__(self) -> None:
        self.has_happened = False
        self.task: asyncio.Task[Any] | None = None

    def happen(self) -> None:
        """The client has left."""
        self.has_happened = True
        if self.task is not None:
            self.task.cancel()


class WatchedConnection(asyncio.Protocol):
    """Stands before an HTTP protocol class of uvicorn, and puts the departure into each scope."""

    scope: Any

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to watch."""
        self._departure = Departure()
        super().connection_made(transport)

    def on_message_begin(self) -> None:
        """A request begins: its scope is there."""
        super().on_message_begin()  # type: ignore[misc] # the parser's callback, of the class behind
        self.scope["extensions"] = {EXTENSION: self._departure}

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left, or we closed."""
        super().connection_lost(exc)
        self._departure.happen()


class WhileThere:
    """An ASGI app around another one, whose work ends when the client leaves a watched connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app; a departure ends it quietly."""
        departure: Departure | None = scope.get("extensions", {}).get(EXTENSION)
        if departure is None:
            await self._app(scope, receive, send)
            return
        if departure.has_happened:
            return
        departure.task = asyncio.current_task()
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if not departure.has_happened:
                raise
        finally:
            departure.task = None
