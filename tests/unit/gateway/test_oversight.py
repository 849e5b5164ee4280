from pathlib import Path

import orjson
import pytest

from core.tensor import InferResponse
from gateway.board import Board
from gateway.limit_stores.memory import MemoryStore
from gateway.limit_stores.redis import RedisStore
from gateway.oversight import (
    open_recall,
    open_spool,
    open_store,
    open_tracer,
    overseeing,
    read_master,
)
from gateway.private import open_session
from gateway.settings import Settings
from registry.migration import migrate
from tests.contracts.facade import make_exchange
from tests.fakes.collector import collecting
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


async def test_a_worker_that_is_gone_keeps_no_answers(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/platform.db")
    gateway = FakeGateway()
    settings = make_settings(tmp_path, TIDEGATE_GATEWAY_WORKERS="2")
    Board(settings.board).clear()
    seeing = gateway.follower, gateway.tap
    async with (
        open_session() as session,
        overseeing(settings, *seeing, session, gateway.clock) as oversight,
    ):
        assert oversight.recall is not None
        oversight.recall.store.keep(b"key", InferResponse("iris", "1", ()), 0.0, 1.0, 10_000)
        (cache,) = oversight.witness.metrics.export()["caches"]
        assert cache["entries"] == 1
    (posted,) = settings.board.glob("*.json")
    assert orjson.loads(posted.read_bytes())["caches"][0]["entries"] == 0


def test_a_cache_that_may_hold_nothing_is_none() -> None:
    assert open_recall(0, FakeGateway().clock) is None


def test_nothing_is_traced_without_a_collector() -> None:
    assert open_spool("", "g1") is None
    assert open_tracer(None, 1.0) is None


async def test_what_was_traced_is_sent_at_the_end(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/platform.db")
    gateway = FakeGateway()
    seeing = gateway.follower, gateway.tap
    with collecting() as collector:
        told = {"TIDEGATE_OTLP_ENDPOINT": collector.url, "TIDEGATE_TRACE_SHARE": "1"}
        async with (
            open_session() as session,
            overseeing(
                make_settings(tmp_path, **told), *seeing, session, gateway.clock
            ) as oversight,
        ):
            exchange, tracer = make_exchange("/v2", b""), oversight.witness.tracer
            assert tracer is not None
            exchange.trace = tracer.begin([])
            oversight.witness.tell("public", exchange, 200)
        assert [span.name for span in collector.spans] == ["POST"]
    assert 'outcome="sent"} 1.0' in oversight.witness.metrics.write().decode()
