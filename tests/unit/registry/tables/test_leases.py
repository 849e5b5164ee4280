"""Leases: taken, renewed, released, swept."""

from core.refs import ReplicaId, ResidentId
from registry.platform import Platform
from registry.records import Lease


def lease(name: str, until: float = 10.0) -> Lease:
    return Lease(ReplicaId(name), ResidentId("r"), f"127.0.0.1:{len(name)}", until)


def test_a_lease_is_taken_again_in_place(platform: Platform) -> None:
    platform.leases.take(lease("a"))
    platform.leases.take(lease("a", until=20.0))
    assert platform.leases.list() == (lease("a", until=20.0),)


def test_taking_and_releasing_are_visible_and_renewing_is_not(platform: Platform) -> None:
    before = platform.database.generation()
    platform.leases.take(lease("a"))
    assert platform.leases.renew(ReplicaId("a"), 99.0)
    assert platform.database.generation() == before + 1
    platform.leases.release(ReplicaId("a"))
    assert platform.database.generation() == before + 2
    assert platform.leases.list() == ()


def test_renewing_moves_the_end(platform: Platform) -> None:
    platform.leases.take(lease("a"))
    platform.leases.renew(ReplicaId("a"), 99.0)
    assert platform.leases.list() == (lease("a", until=99.0),)


def test_a_lease_that_is_gone_cannot_be_renewed(platform: Platform) -> None:
    assert not platform.leases.renew(ReplicaId("a"), 99.0)
    assert platform.leases.list() == ()


def test_a_sweep_drops_what_ended(platform: Platform) -> None:
    for one in (lease("a", 1.0), lease("bb", 2.0), lease("ccc", 3.0)):
        platform.leases.take(one)
    assert platform.leases.sweep(before=2.5) == 2
    assert platform.leases.list() == (lease("ccc", 3.0),)


def test_a_sweep_without_finds_writes_nothing(platform: Platform) -> None:
    platform.leases.take(lease("a"))
    before = platform.database.generation()
    assert platform.leases.sweep(before=10.0) == 0
    assert platform.database.generation() == before
