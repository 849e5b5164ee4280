"""The doorway: the gateway's four sockets, public and private, HTTP and gRPC, over one set of parts."""

import asyncio
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, closing

import uvicorn

from core.clock import Clock
from core.departure import WhileThere
from core.garbage import settle_heap
from core.http import ASGIApp
from core.listening import OPTIONS
from core.plugins import load
from gateway.budget import Budget
from gateway.connection import ClientConnection
from gateway.encryption import Encryption, open_encryption
from gateway.entrance import Entrance, PrivateEntrance, PublicEntrance
from gateway.facade import FACADES, Facade
from gateway.foreman import Place
from gateway.listener import Listener
from gateway.oversight import Oversight
from gateway.plane import DataPlane
from gateway.rpc.intake import Intake
from gateway.rpc.reception import Reception
from gateway.rpc.server import Bounds, Port, serving
from gateway.rpc.service import InferenceService
from gateway.scribe import Scribe
from gateway.settings import Settings
from gateway.task import running

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

    async def serve(self, settings: Settings, rest: ASGIApp, place: Place) -> None:
        """Listen until a signal, then drain; `rest` is what the private listener has beside.

        The foreman of the `place` is told when all sockets listen. Raises OSError for a bad certificate
        or a taken port.
        """
        tls = open_encryption(
            settings.public_tls_cert, settings.public_tls_key, settings.public_tls_client_ca
        )
        shares = settings.gateway_workers > 1
        public = self._listen(PublicEntrance(self._oversight.trust), None)
        private = self._listen(PrivateEntrance(settings.private_auth), rest)
        servers = (
            build_server(public, tls),
            build_server(private),
        )
        addresses = (
            (settings.public_host, settings.public_port),
            (settings.host, settings.private_port),
        )
        settle_heap()
        async with AsyncExitStack() as stack:
            leaving = await stack.enter_async_context(self._calling(settings, tls))
            if tls is not None:
                await stack.enter_async_context(running(tls.run()))
            sockets = [
                stack.enter_context(closing(listen(*address, shares=shares)))
                for address in addresses
            ]
            await run_servers(leaving, dict(zip(servers, sockets, strict=True)), place)

    def _listen(self, entrance: Entrance, rest: ASGIApp | None) -> Listener:
        plane = self._enter(entrance)
        facades = open_facades(plane, self._scribe)
        return Listener(plane, facades, self._oversight.witness, self._budget, self._clock, rest)

    def _call(self, entrance: Entrance) -> InferenceService:
        reception = Reception(entrance.label, self._oversight.witness, self._budget, self._clock)
        return InferenceService(self._enter(entrance), Intake(self._scribe), reception)

    def _calling(
        self, settings: Settings, tls: Encryption | None
    ) -> AbstractAsyncContextManager[asyncio.Event]:
        """The gRPC servers: the same two entrances as HTTP has. They end when the event is set."""
        public = PublicEntrance(self._oversight.trust)
        private = PrivateEntrance(settings.private_auth)
        ports = (
            Port(
                self._call(public),
                settings.public_host,
                settings.public_grpc_port,
                None if tls is None else tls.credentials(),
            ),
            Port(self._call(private), settings.host, settings.private_grpc_port),
        )
        shares = settings.gateway_workers > 1
        bounds = Bounds(settings.max_body_bytes, settings.max_rpcs, DRAIN_S, shares)
        return serving(ports, bounds)


def open_facades(plane: DataPlane, scribe: Scribe) -> dict[str, Facade]:
    """Every protocol over one plane."""
    return {name: load("facade", FACADES, name)(plane, scribe) for name in FACADES}


def build_server(app: ASGIApp, tls: Encryption | None = None) -> "Server":
    """One listener's server; signals are handled once for both."""
    config = uvicorn.Config(
        WhileThere(app),
        http=ClientConnection,
        timeout_graceful_shutdown=DRAIN_S,
        **OPTIONS,
    )
    config.load()
    config.ssl = None if tls is None else tls.context
    return Server(config)


class Server(uvicorn.Server):
    """One that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await super().startup(sockets)
        self.listens.set()


def listen(host: str, port: int, *, shares: bool) -> socket.socket:
    """A socket at the address; raises OSError when it is taken, unless workers share it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shares:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        opened.bind((host, port))
        opened.settimeout(0)
    except OSError:
        opened.close()
        raise
    return opened


async def run_servers(
    leaving: asyncio.Event,
    servers: Mapping[Server, socket.socket],
    place: Place,
) -> None:
    """Run all until a signal or the foreman's end, which sets `leaving`, then drain all."""

    def leave() -> None:
        if place.lifeline >= 0:
            loop.remove_reader(place.lifeline)
        leaving.set()
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave)
    if place.lifeline >= 0:
        loop.add_reader(place.lifeline, leave)
    # Not `serve()`: it would take the signals for each server alone.
    serving = [
        asyncio.ensure_future(server._serve(sockets=[opened])) for server, opened in servers.items()
    ]
    telling = asyncio.ensure_future(tell_started(list(servers), place))
    try:
        await asyncio.gather(*serving)
    finally:
        telling.cancel()


async def tell_started(servers: Sequence[Server], place: Place) -> None:
    """Tell the foreman when all servers accept connections."""
    await asyncio.gather(*(server.listens.wait() for server in servers))
    place.tell_ready()
