from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from core.clock import SystemClock
from core.http import Reply
from gateway.authenticator import Principal
from gateway.caller import PlainCaller
from gateway.deferral import Deferral
from gateway.entrance import Admitted
from gateway.settings import Settings
from registry.migration import migrate
from registry.platform import Platform, open_platform
from registry.records import AsyncRequest, AsyncState
from tests.fakes.gateway import make_directory

pytestmark = pytest.mark.anyio


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    url = f"sqlite:///{tmp_path}/platform.db"
    migrate(url)
    opened = open_platform(url)
    yield opened
    opened.database.close()


def make_settings(home: Path) -> Settings:
    return Settings.from_environ({"TIDEGATE_HOME": str(home), "TIDEGATE_CALLBACK_HOSTS": "a, b:1"})


def test_hosts_are_read_from_a_list(tmp_path: Path) -> None:
    assert make_settings(tmp_path).allowed_callbacks == frozenset({"a", "b:1"})
    assert make_settings(tmp_path).async_url == f"{tmp_path}/async"


async def test_what_is_accepted_is_worked_off_at_once(platform: Platform, tmp_path: Path) -> None:
    async def answer(request: AsyncRequest, body: bytes) -> Reply:
        return Reply(200, [], body + request.id.encode())

    async with ClientSession() as session:
        deferral = Deferral(make_settings(tmp_path), platform, session, SystemClock())
        admitted = Admitted(
            "iris", make_directory().serve("iris"), Principal("team"), PlainCaller()
        )
        async with deferral.working(answer):
            accepted = await deferral.desk.accept(admitted, "", [], b"x")
            found = accepted
            while not found.state.is_final:
                found = await deferral.desk.find(admitted, accepted.id, is_private=False)
        reply = await deferral.desk.collect(found)
    assert (found.state, reply.body) == (AsyncState.SUCCEEDED, b"x" + accepted.id.encode())
