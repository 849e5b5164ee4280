import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis import Redis

from core.plan import PlanSpec
from gateway.charge import Charge
from gateway.limit_store import LimitStore
from gateway.limit_stores.redis import RedisStore
from tests.contracts.limit_store import NOW, LimitStoreContract
from tests.fakes.redis_server import run_redis

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def empty(url: str) -> str:
    with Redis.from_url(url) as server:
        server.flushall()
    return url


class TestRedisStore(LimitStoreContract):
    @pytest.fixture
    async def store(self, empty: str) -> AsyncIterator[LimitStore]:
        store = RedisStore(empty)
        yield store
        await store.close()


async def test_many_stores_share_one_exact_limit(empty: str) -> None:
    plan = PlanSpec(name="all", rate=0.001, burst=100)
    stores = [RedisStore(empty) for _ in range(4)]

    async def work(store: RedisStore, name: str) -> int:
        taken = 0
        for turn in range(60):
            verdict = await store.take([Charge(plan, "all")], f"{name}-{turn}", NOW)
            taken += verdict.refused is None
        return taken

    taken = await asyncio.gather(*(work(store, str(at)) for at, store in enumerate(stores)))
    assert sum(taken) == 100
    for store in stores:
        await store.close()


async def test_nobody_who_answers_is_an_outage(tmp_path: Path) -> None:
    store = RedisStore(f"unix://{tmp_path}/none.sock")
    with pytest.raises(OSError, match="sock"):
        await store.take([Charge(PlanSpec(name="p", rate=1), "s")], "h", NOW)
    with pytest.raises(OSError, match="sock"):
        await store.give([Charge(PlanSpec(name="p", concurrency=1), "s")], "h")
