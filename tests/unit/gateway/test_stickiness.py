from collections import Counter

from core.refs import ResidentId
from gateway.stickiness import Stickiness
from registry.records import Lease
from tests.fakes.gateway import make_lease, make_resident

RESIDENT = make_resident()
LEASES = tuple(make_lease(RESIDENT, f"r{number}") for number in range(3))


def choose(known: Stickiness, sequence: str, leases: tuple[Lease, ...] = LEASES) -> Lease:
    (found,) = known.choose(RESIDENT.id, sequence, leases)
    return found


def test_a_sequence_stays_where_it_began_whoever_comes() -> None:
    known = Stickiness()
    sequences = [str(number) for number in range(50)]
    before = {one: choose(known, one, LEASES[:2]) for one in sequences}
    assert {one: choose(known, one) for one in sequences} == before


def test_sequences_are_spread_over_the_replicas() -> None:
    known = Stickiness()
    counts = Counter(choose(known, str(number)).replica for number in range(300))
    assert min(counts.values()) > 60


def test_every_gateway_begins_a_sequence_at_the_same_replica() -> None:
    assert choose(Stickiness(), "a") == choose(Stickiness(), "a", LEASES[::-1])


def test_where_its_replica_is_gone_another_one_is_asked() -> None:
    known = Stickiness()
    first = choose(known, "a")
    others = tuple(one for one in LEASES if one != first)
    assert choose(known, "a", others) in others
    assert known.choose(ResidentId("x"), "a", ()) == ()
