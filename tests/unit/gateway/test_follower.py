import asyncio
import logging

import pytest

from core.route import RouteSpec
from gateway.follower import Follower
from registry.migration import migrate
from registry.platform import Platform, open_platform
from tests.fakes.clock import FakeClock
from tests.fakes.gateway import make_directory, make_lease, make_resident

pytestmark = pytest.mark.anyio


@pytest.fixture
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    url = f"sqlite:///{tmp_path_factory.mktemp('tables')}/platform.db"
    migrate(url)
    return open_platform(url)


async def test_a_change_is_seen(platform: Platform) -> None:
    follower = Follower(platform, 0.1, FakeClock())
    await follower.look()
    assert follower.directory.routes == {}
    platform.routes.apply(RouteSpec(name="r", endpoint="e"), 0.0)
    await follower.look()
    assert "r" in follower.directory.routes


async def test_without_a_change_nothing_is_read_until_it_is_due(platform: Platform) -> None:
    clock = FakeClock()
    follower = Follower(platform, 0.1, clock)
    await follower.look()
    first = follower.directory
    await follower.look()
    assert follower.directory is first
    clock.advance(1.0)
    await follower.look()
    assert follower.directory is not first


async def test_leases_end_without_a_write(platform: Platform) -> None:
    clock = FakeClock(100.0)
    follower = Follower(platform, 0.1, clock)
    platform.leases.take(make_lease(make_resident(), ends_at=105.0))
    await follower.look()
    assert follower.directory.leases
    clock.advance(5.0)
    await follower.look()
    assert follower.directory.leases == {}


async def test_an_outage_keeps_the_last_reading_and_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "gateway")
    follower = Follower(open_platform("sqlite://"), 0.1, FakeClock())
    follower.is_fresh = True
    follower.adopt(make_directory())
    for _ in range(3):
        await follower.look()
    assert follower.directory.leases
    assert not follower.is_fresh
    assert len(caplog.records) == 1


async def test_who_waits_is_woken_by_a_reading(platform: Platform) -> None:
    follower = Follower(platform, 0.1, FakeClock())
    waiting = asyncio.create_task(follower.wait_for_change(60.0))
    await asyncio.sleep(0)
    await follower.look()
    await waiting


async def test_waiting_ends_by_itself(platform: Platform) -> None:
    await Follower(platform, 0.1, FakeClock()).wait_for_change(0.0)


async def test_it_follows_until_it_is_cancelled(platform: Platform) -> None:
    follower = Follower(platform, 0.0, FakeClock())
    task = asyncio.create_task(follower.run())
    await follower.wait_for_change(10.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert follower.is_fresh
