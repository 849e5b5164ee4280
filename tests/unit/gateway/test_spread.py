from dataclasses import replace

from core.refs import ReplicaId
from gateway.directory import Pooled
from gateway.spread import spread
from registry.records import Lease
from tests.fakes.gateway import make_lease, make_resident

RESIDENT = make_resident()
POOL = Pooled(tuple(make_lease(RESIDENT, f"p{number}") for number in range(5)), spread_at=2)


def holds(pooled: Lease) -> Lease:
    return replace(pooled, replica=ReplicaId(f"{pooled.replica}-model"))


def ask(*loaded: Lease, busy: int = 0, pool: Pooled | None = POOL) -> tuple[Lease, ...]:
    return spread(RESIDENT.id, loaded, pool, lambda _lease: busy)


def test_a_model_that_is_nowhere_is_loaded_by_the_same_replica_whoever_asks() -> None:
    (chosen,) = ask()
    (again,) = ask(pool=Pooled(POOL.leases[::-1], 2))
    assert chosen == again
    (other,) = ask(pool=Pooled(tuple(one for one in POOL.leases if one != chosen), 2))
    assert other != chosen


def test_a_model_stays_where_it_is_until_it_is_hot() -> None:
    held = holds(POOL.leases[3])
    assert ask(held, busy=1) == (held,)
    (next_one,) = ask(held, busy=2)
    assert next_one.address != held.address


def test_when_every_replica_holds_it_they_share_the_load() -> None:
    held = tuple(map(holds, POOL.leases))
    assert ask(*held, busy=9) == held


def test_without_a_pool_there_is_what_there_is() -> None:
    assert ask(pool=None) == ()
    assert ask(pool=Pooled((), 2)) == ()
