"""The doorway: the gateway's four sockets, public and private, HTTP and gRPC, over one set of parts."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import uvicorn

from core.clock import Clock
from core.departure import WhileThere
from core.http import ASGIApp
from core.listening import OPTIONS
from core.plugins import load
from gateway.budget import Budget
from gateway.connection import ClientConnection
from gateway.entrance import Entrance, PrivateEntrance, PublicEntrance
from gateway.facade import FACADES, Facade
from gateway.listener import Listener
from gateway.oversight import Oversight
from gateway.plane import DataPlane
from gateway.rpc.intake import Intake
from gateway.rpc.reception import Reception
from gateway.rpc.server import Bounds, Port, serving
from gateway.rpc.service import InferenceService
from gateway.scribe import Scribe
from gateway.settings import Settings

DRAIN_S = 15


class Doorway:
    """Belongs to one event loop; `enter` makes the plane behind an entrance."""

    def __init__(
        self,
        enter: Callable[[Entrance], DataPlane],
        scribe: Scribe,
        oversight: Oversight,
        budget: Budget,
        clock: Clock,
    ) -> None:
        self._enter = enter
        self._scribe = scribe
        self._oversight = oversight
        self._budget = budget
        self._clock = clock

    async def serve(self, settings: Settings, rest: ASGIApp) -> None:
        """Listen until a signal, then drain; `rest` is what the private listener has beside."""
        public = self._listen(PublicEntrance(self._oversight.trust), None)
        private = self._listen(PrivateEntrance(settings.private_auth), rest)
        async with self._calling(settings) as leaving:
            await run_servers(
                leaving,
                build_server(public, settings.public_host, settings.public_port),
                build_server(private, settings.host, settings.private_port),
            )

    def _listen(self, entrance: Entrance, rest: ASGIApp | None) -> Listener:
        plane = self._enter(entrance)
        facades = open_facades(plane, self._scribe)
        return Listener(plane, facades, self._oversight.witness, self._budget, self._clock, rest)

    def _call(self, entrance: Entrance) -> InferenceService:
        reception = Reception(entrance.label, self._oversight.witness, self._budget, self._clock)
        return InferenceService(self._enter(entrance), Intake(self._scribe), reception)

    def _calling(self, settings: Settings) -> AbstractAsyncContextManager[asyncio.Event]:
        """The gRPC servers: the same two entrances as HTTP has. They end when the event is set."""
        public = PublicEntrance(self._oversight.trust)
        private = PrivateEntrance(settings.private_auth)
        ports = (
            Port(self._call(public), settings.public_host, settings.public_grpc_port),
            Port(self._call(private), settings.host, settings.private_grpc_port),
        )
        return serving(ports, Bounds(settings.max_body_bytes, settings.max_rpcs, DRAIN_S))


def open_facades(plane: DataPlane, scribe: Scribe) -> dict[str, Facade]:
    """Every protocol over one plane."""
    return {name: load("facade", FACADES, name)(plane, scribe) for name in FACADES}


def build_server(app: ASGIApp, host: str, port: int) -> uvicorn.Server:
    """One listener's server; signals are handled once for both."""
    config = uvicorn.Config(
        WhileThere(app),
        host=host,
        port=port,
        http=ClientConnection,
        timeout_graceful_shutdown=DRAIN_S,
        **OPTIONS,
    )
    return uvicorn.Server(config)


async def run_servers(leaving: asyncio.Event, *servers: uvicorn.Server) -> None:
    """Run all until a signal, which sets `leaving`, then drain all."""

    def leave() -> None:
        leaving.set()
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave)
    # Not `serve()`: it would take the signals for each server alone.
    await asyncio.gather(*(server._serve() for server in servers))
