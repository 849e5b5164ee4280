from pathlib import Path

import pytest

from gateway.limit_stores.memory import MemoryStore
from gateway.limit_stores.redis import RedisStore
from gateway.oversight import open_store, overseeing, read_master
from gateway.private import open_session
from gateway.settings import Settings
from registry.migration import migrate
from tests.contracts.facade import make_exchange
from tests.fakes.gateway import FakeGateway

pytestmark = pytest.mark.anyio


def make_settings(home: Path, **environ: str) -> Settings:
    return Settings.from_environ({"TIDEGATE_HOME": str(home), **environ})


def test_limits_are_where_the_url_says() -> None:
    assert isinstance(open_store(""), MemoryStore)
    assert isinstance(open_store("redis://localhost:1/0"), RedisStore)


def test_without_a_master_secret_there_is_none(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    assert read_master(settings) == b""
    (tmp_path / "signing.secret").write_text("abc\n")
    assert read_master(settings) == b"abc"


async def test_what_was_seen_is_written_at_the_end(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/platform.db")
    gateway = FakeGateway()
    settings = make_settings(tmp_path)
    async with (
        open_session() as session,
        overseeing(settings, gateway.follower, gateway.tap, session, gateway.clock) as oversight,
    ):
        oversight.witness.tell("public", make_exchange("/v2", b""), 200)
    assert "/v2" in (tmp_path / "logs" / "access.jsonl").read_text()
