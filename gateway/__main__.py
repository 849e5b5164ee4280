"""The gateway process: two sockets, two listeners, one event loop."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from random import Random

import uvloop

from capture.store import open_store
from capture.tap import CaptureLog
from core.clock import SystemClock
from core.plugins import load
from gateway.balancer import Balancer
from gateway.board import Board
from gateway.budget import Budget
from gateway.census import Census
from gateway.deferral import Deferral, answer_later
from gateway.dispatcher import Dispatcher
from gateway.doorway import Doorway
from gateway.entrance import Entrance, PrivateEntrance
from gateway.follower import Follower
from gateway.foreman import Foreman, Place, read_place
from gateway.inputs import Inputs
from gateway.ledger import Ledger
from gateway.meter import Meter
from gateway.offers import Offers
from gateway.operator import Operator
from gateway.oversight import overseeing
from gateway.plane import DataPlane
from gateway.private import ControlPassage, build_private, open_session
from gateway.reporter import Reporter
from gateway.repository import Repository
from gateway.scribe import Limits, Scribe
from gateway.settings import Settings, read_settings
from gateway.shadower import Shadower
from gateway.task import running
from gateway.upstream import UPSTREAMS, Upstream
from registry.platform import Platform, open_platform

MEGABYTE = 2**20
DRAIN_S = 15


async def serve(settings: Settings, place: Place) -> None:
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
        async with (
            following(follower),
            open_session() as session,
            writing as scribe,
            overseeing(settings, follower, tap, session, clock) as oversight,
        ):
            outbound = make_outbound(oversight.name, platform, follower, oversight.ledger)
            passage = ControlPassage(session, f"http://127.0.0.1:{settings.control_port}")
            deferral = Deferral(settings, platform, session, clock)
            offers = Offers(
                deferral.desk,
                make_operator(settings, platform, follower, outbound.upstream, passage),
                outbound.shadower,
                oversight.limiter,
                open_inputs(settings.async_inputs),
                oversight.recall,
            )

            def enter(entrance: Entrance) -> DataPlane:
                return DataPlane(entrance, follower, outbound.dispatcher, tap, clock, offers)

            budget = Budget(settings.max_inflight_mb * MEGABYTE)
            doorway = Doorway(enter, scribe, oversight, budget, clock)
            tracer = oversight.witness.tracer
            later = answer_later(enter(PrivateEntrance("open")), follower, scribe, clock, tracer)
            rest = build_private(oversight.witness.metrics, passage, platform.counters.list)
            async with running(outbound.reporter.run()), deferral.working(later):
                await doorway.serve(settings, rest, place)
            await outbound.reporter.report(is_last=True)
            outbound.shadower.close()
            outbound.upstream.close()
    finally:
        tap.close()


def open_inputs(url: str) -> Inputs | None:
    """The folder that inputs may be read from; nothing without one."""
    return Inputs(url, open_store(url)) if url else None


@dataclass(frozen=True, slots=True)
class Outbound:
    """The way to the replicas, and what watches it."""

    upstream: Upstream
    dispatcher: Dispatcher
    shadower: Shadower
    reporter: Reporter


def make_outbound(name: str, platform: Platform, follower: Follower, ledger: Ledger) -> Outbound:
    """Wire it."""
    clock, meter = SystemClock(), Meter()
    upstream: Upstream = load("upstream", UPSTREAMS, "http1")()
    # Its numbers balance load, draw samples, and guard nothing.
    random = Random()  # noqa: S311
    dispatcher = Dispatcher(follower, upstream, Balancer(random), clock, meter)
    shadower = Shadower(dispatcher, random)
    reporter = Reporter(name, platform, meter, shadower, ledger, clock)
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


@asynccontextmanager
async def following(follower: Follower) -> AsyncIterator[None]:
    """Keep the directory current while inside; it is read once before."""
    await follower.look()
    async with running(follower.run()):
        yield


def main() -> None:
    """Run the gateway with this process's environment: as one process, or several workers of it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = read_settings()
    place = read_place(sys.argv[1:])
    if settings.gateway_workers > 1 and not place.number:
        Board(settings.board).clear()
        Foreman(settings.gateway_workers).run()
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, place))


if __name__ == "__main__":
    main()
