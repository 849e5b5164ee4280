from dataclasses import replace
from random import Random

from gateway.balancer import Balancer
from tests.fakes.gateway import make_lease, make_resident

RESIDENT = make_resident()
LEASES = tuple(make_lease(RESIDENT, f"r{index}", 100.0) for index in range(3))


def make_balancer() -> Balancer:
    return Balancer(Random(1))  # noqa: S311 - a fixed sequence


def test_nobody_of_nobody() -> None:
    assert make_balancer().choose(()) is None


def test_the_less_busy_of_two() -> None:
    balancer = make_balancer()
    balancer.start(LEASES[0])
    assert {balancer.choose(LEASES[:2]) for _ in range(20)} == {LEASES[1]}


def test_load_spreads() -> None:
    balancer = make_balancer()
    for _ in range(300):
        chosen = balancer.choose(LEASES)
        assert chosen is not None
        balancer.start(chosen)
    assert all(95 <= balancer.in_flight(lease) <= 105 for lease in LEASES)


def test_what_finished_is_not_in_flight() -> None:
    balancer = make_balancer()
    for _ in range(2):
        balancer.start(LEASES[0])
    balancer.finish(LEASES[0])
    assert balancer.in_flight(LEASES[0]) == 1
    balancer.finish(LEASES[0])
    assert balancer.in_flight(LEASES[0]) == 0


def test_an_ejected_replica_is_left_out() -> None:
    balancer = make_balancer()
    balancer.eject(LEASES[0])
    assert LEASES[0] not in {balancer.choose(LEASES) for _ in range(50)}


def test_the_only_replica_can_be_ejected() -> None:
    balancer = make_balancer()
    balancer.eject(LEASES[0])
    assert balancer.choose(LEASES[:1]) is None


def test_a_renewed_lease_brings_it_back() -> None:
    balancer = make_balancer()
    balancer.eject(LEASES[0])
    renewed = replace(LEASES[0], expires_at=101.0)
    assert balancer.choose((renewed,)) == renewed
    assert balancer.choose(LEASES[:1]) == LEASES[0]


def test_the_ended_are_forgotten() -> None:
    balancer = make_balancer()
    balancer.eject(LEASES[0])
    balancer.forget(99.0)
    assert balancer.choose(LEASES[:1]) is None
    balancer.forget(100.0)
    assert balancer.choose(LEASES[:1]) == LEASES[0]
