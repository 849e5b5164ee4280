import pytest

from core.plan import PlanSpec
from gateway.charge import Charge
from gateway.limit_store import HELD_S, LimitStore
from gateway.limit_stores.memory import MemoryStore
from tests.contracts.limit_store import BUCKET, FEW, NOW, LimitStoreContract

pytestmark = pytest.mark.anyio


class TestMemoryStore(LimitStoreContract):
    @pytest.fixture
    async def store(self) -> LimitStore:
        return MemoryStore()


async def test_time_refills_a_bucket_and_a_clock_set_back_does_not() -> None:
    store = MemoryStore()
    for _ in range(3):
        await store.take([BUCKET], "h", NOW)
    assert (await store.take([BUCKET], "h", NOW - 5000)).refused == 0
    assert (await store.take([BUCKET], "h", NOW + 1000)).refused is None


async def test_a_place_that_nobody_gives_back_ends() -> None:
    store = MemoryStore()
    for holder in ("a", "b"):
        await store.take([FEW], holder, NOW)
    assert (await store.take([FEW], "c", NOW + HELD_S + 1)).refused is None


async def test_callers_that_went_away_are_forgotten() -> None:
    store = MemoryStore()
    plan = PlanSpec(name="p", rate=1)
    for one in range(60_000):
        await store.take([Charge(plan, f"s{one}")], "h", NOW + one / 100)
    assert len(store._accounts) < 55_000
