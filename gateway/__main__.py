"""The gateway process: two sockets, two listeners, one event loop."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import uuid4

import uvicorn
import uvloop

from capture.tap import CaptureLog
from core.clock import SystemClock
from core.departure import WhileThere
from core.http import ASGIApp
from core.listening import OPTIONS
from core.plugins import load
from gateway.balancer import Balancer
from gateway.budget import Budget
from gateway.census import Census
from gateway.connection import ClientConnection
from gateway.deferral import Deferral, answer_later
from gateway.dispatcher import Dispatcher
from gateway.entrance import Entrance, PrivateEntrance, PublicEntrance
from gateway.facade import FACADES, Facade
from gateway.follower import Follower
from gateway.listener import Listener
from gateway.meter import Meter
from gateway.metrics import RequestMetrics
from gateway.offers import Offers
from gateway.operator import Operator
from gateway.plane import DataPlane
from gateway.private import ControlPassage, build_private, open_session
from gateway.reporter import Reporter
from gateway.repository import Repository
from gateway.rpc.intake import Intake
from gateway.rpc.reception import Reception
from gateway.rpc.server import Bounds, Port, serving
from gateway.rpc.service import InferenceService
from gateway.scribe import Limits, Scribe
from gateway.settings import Settings, read_settings
from gateway.shadower import Shadower
from gateway.upstream import UPSTREAMS, Upstream
from registry.platform import Platform, open_platform

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
            outbound = make_outbound(platform, follower)
            budget = Budget(settings.max_inflight_mb * MEGABYTE)
            deferral = Deferral(settings, platform, session, clock)

            passage = ControlPassage(session, f"http://127.0.0.1:{settings.control_port}")
            offers = Offers(
                deferral.desk,
                make_operator(settings, platform, follower, outbound.upstream, passage),
                outbound.shadower,
            )

            def enter(entrance: Entrance) -> DataPlane:
                return DataPlane(entrance, follower, outbound.dispatcher, tap, clock, offers)

            def listen(entrance: Entrance, rest: ASGIApp | None) -> Listener:
                facades = open_facades(enter(entrance), scribe)
                return Listener(entrance.label, facades, metrics, budget, clock, rest)

            public = listen(PublicEntrance(), None)
            private = listen(
                PrivateEntrance(settings.private_auth),
                build_private(metrics, passage, platform.counters.list),
            )
            later = answer_later(enter(PrivateEntrance("open")), follower, scribe, clock)

            def call(entrance: Entrance) -> InferenceService:
                reception = Reception(entrance.label, metrics, budget, clock)
                return InferenceService(enter(entrance), Intake(scribe), reception)

            async with (
                running(outbound.reporter.run()),
                deferral.working(later),
                calling(settings, call) as leaving,
            ):
                await run_servers(
                    leaving,
                    build_server(public, settings.public_host, settings.public_port),
                    build_server(private, settings.host, settings.private_port),
                )
            outbound.shadower.close()
            outbound.upstream.close()
    finally:
        tap.close()


def open_facades(plane: DataPlane, scribe: Scribe) -> dict[str, Facade]:
    """Every protocol over one plane."""
    return {name: load("facade", FACADES, name)(plane, scribe) for name in FACADES}


@dataclass(frozen=True, slots=True)
class Outbound:
    """The way to the replicas, and what watches it."""

    upstream: Upstream
    dispatcher: Dispatcher
    shadower: Shadower
    reporter: Reporter


def make_outbound(platform: Platform, follower: Follower) -> Outbound:
    """Wire it."""
    clock, meter = SystemClock(), Meter()
    upstream: Upstream = load("upstream", UPSTREAMS, "http1")()
    # Its numbers balance load, draw samples, and guard nothing.
    random = Random()  # noqa: S311
    dispatcher = Dispatcher(follower, upstream, Balancer(random), clock, meter)
    shadower = Shadower(dispatcher, random)
    reporter = Reporter(uuid4().hex, platform, meter, shadower, clock)
    return Outbound(upstream, dispatcher, shadower, reporter)


def make_operator(
    settings: Settings,
    platform: Platform,
    follower: Follower,
    upstream: Upstream,
    passage: ControlPassage,
) -> Operator:
    """What the private listeners offer of the protocol beside inference."""
    clock = SystemClock()
    census = Census(platform.counters.list, follower, upstream, clock)
    repository = Repository(passage.ask, follower, clock)
    return Operator(settings.private_auth, follower, census, repository)


def calling(
    settings: Settings, call: Callable[[Entrance], InferenceService]
) -> AbstractAsyncContextManager[asyncio.Event]:
    """The gRPC servers: the same two entrances as HTTP has. They end when the event is set."""
    public, private = PublicEntrance(), PrivateEntrance(settings.private_auth)
    ports = (
        Port(call(public), settings.public_host, settings.public_grpc_port),
        Port(call(private), settings.host, settings.private_grpc_port),
    )
    return serving(ports, Bounds(settings.max_body_bytes, settings.max_rpcs, DRAIN_S))


@asynccontextmanager
async def following(follower: Follower) -> AsyncIterator[None]:
    """Keep the directory current while inside; it is read once before."""
    await follower.look()
    async with running(follower.run()):
        yield


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run this beside while inside."""
    task = asyncio.create_task(work)
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


def main() -> None:
    """Run the gateway with this process's environment."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(read_settings()))


if __name__ == "__main__":
    main()
