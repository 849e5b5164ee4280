"""A port with an ASGI app behind it, on an event loop in a thread of its own.

Ray's own loop stays free, so that health checks and shutdown never wait for a model.
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from time import monotonic
from typing import Protocol

import uvicorn
import uvloop

from core.departure import WhileThere
from core.errors import Unavailable
from core.http import Receive, Scope, Send
from core.listening import BACKLOG, OPTIONS
from serving.connection import GatewayConnection

_START_S = 30.0


class Hosted(Protocol):
    """The app behind the port. Draining, it says that it is not ready."""

    is_draining: bool

    @property
    def in_flight(self) -> int:
        """Requests that are being answered."""
        ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        ...

    def close(self) -> None:
        """End what it has running; called on the loop, last."""
        ...


class Host:
    """`start` and `stop` are called from one other thread. `open_app` is called on the loop."""

    def __init__(self, name: str, open_app: Callable[[], Hosted]) -> None:
        self._name = name
        self._open_app = open_app
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._run, name="host", daemon=True)
        self._beat_at = monotonic()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._app: Hosted | None = None
        self._server: uvicorn.Server | None = None
        self._socket = socket.socket()

    def start(self, host: str) -> str:
        """Listen on a free port of `host`; returns the address. Raises Unavailable."""
        self._socket.bind((host, 0))
        # From here on callers wait in the backlog instead of being refused.
        self._socket.listen(BACKLOG)
        self._thread.start()
        if not self._running.wait(_START_S):
            raise Unavailable(self._name, "the replica's server did not start")
        return f"{host}:{self._socket.getsockname()[1]}"

    def beat(self) -> float:
        """Ask the loop for a sign of life; returns seconds since it last gave one."""
        self.tell(self._keep_time)
        return monotonic() - self._beat_at

    def tell(self, message: Callable[[], object]) -> None:
        """Call this on the loop, soon; nothing while there is none."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(message)

    def drain(self, grace_s: float, limit_s: float) -> None:
        """Say not ready, let gateways go for `grace_s`, then finish what is in flight within `limit_s`."""
        if self._app is None:
            return
        self._app.is_draining = True
        waiting = threading.Event()
        waiting.wait(grace_s)
        ends = monotonic() + limit_s
        while self._app.in_flight and monotonic() < ends:
            waiting.wait(0.02)

    def stop(self) -> None:
        """Close the port and end the thread."""
        if self._server is not None:
            self._server.should_exit = True
            self._thread.join(_START_S)

    def _keep_time(self) -> None:
        self._beat_at = monotonic()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        app = self._app = self._open_app()
        config = uvicorn.Config(WhileThere(app), http=GatewayConnection, **OPTIONS)
        self._server = uvicorn.Server(config)
        self._keep_time()
        self._running.set()
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            app.close()
