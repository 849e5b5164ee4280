"""The gateway process: two sockets, two listeners, one event loop."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from random import Random

import uvicorn
import uvloop

from capture.tap import CaptureLog
from core.clock import Clock, SystemClock
from core.departure import WhileThere
from core.http import ASGIApp
from core.listening import OPTIONS
from core.plugins import load
from gateway.balancer import Balancer
from gateway.budget import Budget
from gateway.connection import ClientConnection
from gateway.deferral import Deferral, answer_later
from gateway.dispatcher import Dispatcher
from gateway.entrance import Entrance, PrivateEntrance, PublicEntrance
from gateway.facade import FACADES, Facade
from gateway.follower import Follower
from gateway.listener import Listener
from gateway.metrics import RequestMetrics
from gateway.plane import DataPlane
from gateway.private import ControlPassage, build_private, open_session
from gateway.rpc.server import Port, serving
from gateway.rpc.service import InferenceService
from gateway.scribe import Limits, Scribe
from gateway.settings import Settings, read_settings
from gateway.upstream import UPSTREAMS, Upstream
from registry.platform import open_platform

MEGABYTE = 2**20
DRAIN_S = 15


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; then answer what is in flight and write what was captured."""
    clock = SystemClock()
    tap = CaptureLog(
        settings.capture_url,
        settings.capture_rotate_s,
        settings.capture_rotate_mb * MEGABYTE,
        settings.capture_buffer_mb * MEGABYTE,
        clock,
    )
    tap.start()
    try:
        platform = open_platform(settings.database_url)
        follower = Follower(platform, settings.poll_s, clock)
        writing = aclosing(Scribe(Limits(settings.max_body_bytes, settings.max_json_bytes)))
        async with following(follower), open_session() as session, writing as scribe:
            metrics = RequestMetrics(tap)
            upstream: Upstream = load("upstream", UPSTREAMS, "http1")()
            balancer = Balancer(Random())  # noqa: S311 - balances load, guards nothing
            dispatcher = Dispatcher(follower, upstream, balancer, clock)
            budget = Budget(settings.max_inflight_mb * MEGABYTE)
            deferral = Deferral(settings, platform, session, clock)

            def enter(entrance: Entrance) -> DataPlane:
                return DataPlane(entrance, follower, dispatcher, tap, clock, deferral.desk)

            def listen(entrance: Entrance, rest: ASGIApp | None) -> Listener:
                plane = enter(entrance)
                facades: dict[str, Facade] = {
                    name: load("facade", FACADES, name)(plane, scribe) for name in FACADES
                }
                return Listener(entrance.label, facades, metrics, budget, clock, rest)

            control = f"http://127.0.0.1:{settings.control_port}"
            public = listen(PublicEntrance(), None)
            private = listen(
                PrivateEntrance(settings.private_auth),
                build_private(metrics, ControlPassage(session, control)),
            )
            later = answer_later(enter(PrivateEntrance("open")), follower, scribe, clock)
            calling = serving(
                list_ports(settings, enter, metrics, clock),
                settings.max_body_bytes,
                settings.max_rpcs,
            )
            async with deferral.working(later), calling:
                await run_servers(
                    build_server(public, settings.public_host, settings.public_port),
                    build_server(private, settings.host, settings.private_port),
                )
            upstream.close()
    finally:
        tap.close()


def list_ports(
    settings: Settings,
    enter: Callable[[Entrance], DataPlane],
    metrics: RequestMetrics,
    clock: Clock,
) -> tuple[Port, ...]:
    """Where gRPC is spoken: the same two entrances as HTTP has."""
    public, private = PublicEntrance(), PrivateEntrance(settings.private_auth)
    return (
        Port(
            InferenceService(enter(public), metrics, public.label, clock),
            settings.public_host,
            settings.public_grpc_port,
        ),
        Port(
            InferenceService(enter(private), metrics, private.label, clock),
            settings.host,
            settings.private_grpc_port,
        ),
    )


@asynccontextmanager
async def following(follower: Follower) -> AsyncIterator[None]:
    """Keep the directory current while inside; it is read once before."""
    await follower.look()
    task = asyncio.create_task(follower.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


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


async def run_servers(*servers: uvicorn.Server) -> None:
    """Run all until a signal, then drain all."""

    def leave() -> None:
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave)
    # Not `serve()`: it would take the signals for each server alone.
    await asyncio.gather(*(server._serve() for server in servers))


def main() -> None:
    """Run the gateway with this process's environment."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(read_settings()))


if __name__ == "__main__":
    main()
