import asyncio
from pathlib import Path
from threading import Event

from core.refs import ResidentId
from gateway.meter import Meter
from gateway.reporter import Reporter
from registry.migration import migrate
from registry.platform import Platform, open_platform
from tests.fakes.gateway import FakeGateway

R = ResidentId("iris-main-1")


def make_reporter(platform: Platform) -> tuple[Reporter, Meter]:
    gateway = FakeGateway()
    parts = gateway.meter, gateway.shadower, gateway.ledger, gateway.clock
    return Reporter("g", platform, *parts), gateway.meter


def open_tables(folder: Path) -> Platform:
    url = f"sqlite:///{folder}/platform.db"
    migrate(url)
    return open_platform(url)


def wait_for_rows(platform: Platform) -> None:
    tries = Event()
    while not platform.traffic.list():
        tries.wait(0.01)


def test_what_was_metered_is_in_the_tables(tmp_path: Path) -> None:
    async def work() -> None:
        await reporter.report()
        with meter.watch(R, 1):
            pass
        await reporter.report()

    platform = open_tables(tmp_path)
    reporter, meter = make_reporter(platform)
    asyncio.run(work())
    assert [one.requests for one in platform.traffic.list()] == [1]


def test_tables_out_of_reach_stop_nothing() -> None:
    async def work() -> None:
        await reporter.report()
        with meter.watch(R, 1):
            pass
        await reporter.report()

    # It was never migrated: there are no tables.
    reporter, meter = make_reporter(open_platform("sqlite://"))
    asyncio.run(work())


def test_a_request_that_waits_is_reported_at_once(tmp_path: Path) -> None:
    async def work() -> None:
        task = asyncio.create_task(reporter.run())
        meter.wait(R)
        await asyncio.to_thread(wait_for_rows, platform)
        task.cancel()

    platform = open_tables(tmp_path)
    reporter, meter = make_reporter(platform)
    asyncio.run(asyncio.wait_for(work(), 20))
    assert platform.traffic.list()[0].waiting == 1
