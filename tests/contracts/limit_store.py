"""What every store of limits must hold to. Its clock is `now`, or the store's own."""

from collections.abc import AsyncIterator, Sequence

import pytest

from core.plan import PlanSpec, Quota
from gateway.charge import Charge
from gateway.limit_store import LimitStore

NOW = 1_700_000_000.0
BUCKET = Charge(PlanSpec(name="slow", rate=0.001, burst=3), "bucket")
DAILY = Charge(PlanSpec(name="daily", quota=Quota(limit=2, period="day")), "daily")
FEW = Charge(PlanSpec(name="few", concurrency=2), "few")


class LimitStoreContract:
    """A subclass gives `store`, an empty one."""

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    async def store(self) -> AsyncIterator[LimitStore]:
        raise AssertionError("a subclass gives this")

    async def take(
        self, store: LimitStore, *charges: Charge, holder: str = "h"
    ) -> tuple[int | None, str]:
        verdict = await store.take(charges, holder, NOW)
        return verdict.refused, verdict.limit

    async def count(self, store: LimitStore, charges: Sequence[Charge]) -> int:
        """How often they are taken before they are refused."""
        for taken in range(100):
            if (await store.take(charges, f"h{taken}", NOW)).refused is not None:
                return taken
        raise AssertionError("nothing was refused")

    async def test_a_bucket_gives_what_it_holds(self, store: LimitStore) -> None:
        assert await self.count(store, [BUCKET]) == 3
        verdict = await store.take([BUCKET], "h", NOW)
        assert (verdict.refused, verdict.limit) == (0, "rate")
        assert 900 < verdict.retry_after_s <= 1000

    async def test_a_bucket_refills(self, store: LimitStore) -> None:
        quick = Charge(PlanSpec(name="quick", rate=1e6, burst=1), "quick")
        for _ in range(5):
            verdict = await store.take([quick], "h", NOW)
            while verdict.refused is not None:
                verdict = await store.take([quick], "h", NOW + 1)

    async def test_what_costs_more_than_the_bucket_holds_waits_for_a_full_one(
        self, store: LimitStore
    ) -> None:
        big = Charge(BUCKET.plan, "big", 10.0)
        first = await store.take([big], "h", NOW)
        assert first.refused is None
        assert first.standings[0].tokens == pytest.approx(-7.0)
        assert await self.take(store, big) == (0, "rate")

    async def test_a_quota_holds_for_its_period(self, store: LimitStore) -> None:
        assert await self.count(store, [DAILY]) == 2
        verdict = await store.take([DAILY], "h", NOW)
        assert verdict.limit == "quota of a day"
        tomorrow = await store.take([DAILY], "h", NOW + 86_400)
        assert (tomorrow.refused, tomorrow.standings[0].quota) == (None, 1)

    async def test_a_place_is_free_again_when_it_is_given_back(self, store: LimitStore) -> None:
        assert await self.take(store, FEW, holder="a") == (None, "")
        assert await self.take(store, FEW, holder="b") == (None, "")
        assert await self.take(store, FEW, holder="c") == (0, "concurrency")
        await store.give([FEW], "a")
        assert await self.take(store, FEW, holder="c") == (None, "")

    async def test_all_are_taken_or_none(self, store: LimitStore) -> None:
        roomy = Charge(PlanSpec(name="roomy", rate=0.001, burst=10), "roomy")
        assert await self.count(store, [roomy, DAILY]) == 2
        assert await self.take(store, roomy, DAILY) == (1, "quota of a day")
        verdict = await store.take([roomy], "h", NOW)
        assert verdict.standings[0].tokens == pytest.approx(7.0, abs=0.1)

    async def test_subjects_pay_apart(self, store: LimitStore) -> None:
        assert await self.count(store, [BUCKET]) == 3
        assert await self.count(store, [Charge(BUCKET.plan, "another")]) == 3
