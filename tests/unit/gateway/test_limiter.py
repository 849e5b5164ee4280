from collections.abc import Sequence

import pytest

from core.errors import RateLimited, Unavailable
from core.plan import PlanSpec
from gateway.authenticator import Principal
from gateway.caller import PlainCaller
from gateway.charge import Charge, Verdict
from gateway.entrance import Admitted, Limit
from gateway.limit_stores.memory import MemoryStore
from gateway.limiter import Limiter
from tests.fakes.clock import FakeClock
from tests.fakes.gateway import make_directory

pytestmark = pytest.mark.anyio


class BrokenStore(MemoryStore):
    """A store that does not answer, and counts who asks."""

    asked = 0

    async def take(self, charges: Sequence[Charge], holder: str, now: float) -> Verdict:
        self.asked += 1
        raise ConnectionError("down")


def admit(plan: PlanSpec, caller: PlainCaller | None = None) -> Admitted:
    served = make_directory().serve("iris")
    shown = caller or PlainCaller()
    return Admitted("r", served, Principal("ann"), shown, limits=(Limit(plan, plan.name),))


async def test_a_caller_is_told_how_it_stands() -> None:
    limiter, caller = Limiter(MemoryStore(), FakeClock()), PlainCaller()
    await limiter.take(admit(PlanSpec(name="gold", rate=1, burst=2), caller), 1)
    assert dict(caller.replied)[b"ratelimit"] == b'"gold";r=1;t=1'


async def test_who_goes_on_asking_is_refused_before_its_body_is_read() -> None:
    clock = FakeClock()
    limiter, admitted = Limiter(MemoryStore(), clock), admit(PlanSpec(name="gold", rate=1))
    limiter.refuse_early(admitted)
    await limiter.take(admitted, 1)
    with pytest.raises(RateLimited, match="the rate of plan 'gold'"):
        await limiter.take(admitted, 1)
    with pytest.raises(RateLimited):
        limiter.refuse_early(admitted)
    clock.advance(1.1)
    limiter.refuse_early(admitted)
    await limiter.take(admitted, 1)


@pytest.mark.parametrize(("unit", "cost"), [("rows", 7.0), ("bytes", 100.0), ("requests", 1.0)])
async def test_a_request_costs_what_its_plan_counts(unit: str, cost: float) -> None:
    plan = PlanSpec.read({"name": "p", "rate": 1, "burst": 1000, "unit": unit})
    limiter = Limiter(MemoryStore(), FakeClock())
    ticket = await limiter.take(admit(plan, PlainCaller(held_bytes=100)), 7)
    assert ticket is not None
    assert [charge.cost for charge in ticket.charges] == [cost]


async def test_the_operator_chooses_what_an_outage_means() -> None:
    store, clock = BrokenStore(), FakeClock()
    admitted = admit(PlanSpec(name="gold", rate=1))
    closed = Limiter(store, clock)
    with pytest.raises(Unavailable, match="limits"):
        await closed.take(admitted, 1)
    with pytest.raises(Unavailable):
        await closed.take(admitted, 1)
    assert (store.asked, closed.outages) == (1, 2)
    opened = Limiter(store, clock, fails_open=True)
    assert await opened.take(admitted, 1) is None


async def test_a_place_is_given_back_when_the_request_was_answered() -> None:
    limiter, admitted = (
        Limiter(MemoryStore(), FakeClock()),
        admit(PlanSpec(name="p", concurrency=1)),
    )
    ticket = await limiter.take(admitted, 1)
    with pytest.raises(RateLimited, match="concurrency"):
        await limiter.take(admitted, 1)
    assert ticket is not None
    limiter.give(ticket)
    await limiter.settle()
    assert await limiter.take(admitted, 1) is not None
    await limiter.close()
