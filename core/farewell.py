"""Farewells: a kept connection of a server that leaves is closed by agreement, not in the client's face.

A server that closes an idle connection at once resets a request that is just arriving there. Its client
cannot tell whether it was worked on, and many do not ask again.
"""

import asyncio
from typing import Any

# How long a client that says nothing keeps its connection: longer than a request is under way.
LINGER_S = 1.0


class PoliteConnection(asyncio.Protocol):
    """Stands before an HTTP protocol class of uvicorn, whose `cycle` is the request that it answers.

    When the server leaves, a request that still comes is answered and told `connection: close`.
    """

    loop: asyncio.AbstractEventLoop
    cycle: Any

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve."""
        self._leaves = False
        super().connection_made(transport)

    def on_headers_complete(self) -> None:
        """The parser found a head's end; its request has a cycle now."""
        super().on_headers_complete()  # type: ignore[misc] # the parser's callback, of the class behind
        if self._leaves:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """The server leaves: what is silent is closed a little later, all else with its answer."""
        self._leaves = True
        end = super().shutdown  # type: ignore[misc] # the server's callback, of the class behind
        if self.cycle is None or self.cycle.response_started:
            # Idle, or its head is written and promised to keep the connection.
            self.loop.call_later(LINGER_S, end)
        else:
            end()
