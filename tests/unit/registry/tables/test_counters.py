"""Counters: written in place, listed by endpoint, folded when their replicas are gone."""

from core.oip.statistics import Counts, Duration, sum_counts
from core.refs import EndpointName, ReplicaId, ResidentId
from registry.platform import Platform
from registry.tables.counters import DEPARTED


def count(rows: int) -> Counts:
    return Counts(rows, rows, 1, {"success": Duration(rows, 10 * rows)})


def put(platform: Platform, replica: str, rows: int, now: float, endpoint: str = "iris") -> None:
    name, resident = EndpointName(endpoint), ResidentId(f"{endpoint}-main-1")
    platform.counters.put(ReplicaId(replica), name, resident, 1, count(rows), now)


def total(platform: Platform, endpoint: str = "iris") -> int:
    found = platform.counters.list(EndpointName(endpoint))
    return sum_counts(one.counts for one in found).inference_count


def test_a_replica_has_one_row(platform: Platform) -> None:
    before = platform.database.generation()
    put(platform, "a", 3, 1.0)
    put(platform, "a", 5, 2.0)
    (found,) = platform.counters.list()
    assert (found.counts.inference_count, found.updated_at, found.version) == (5, 2.0, 1)
    assert found.counts.durations["success"] == Duration(5, 50)
    assert platform.database.generation() == before


def test_an_endpoint_has_its_own(platform: Platform) -> None:
    put(platform, "a", 3, 1.0)
    put(platform, "b", 4, 1.0, endpoint="other")
    assert (total(platform), total(platform, "other")) == (3, 4)


def test_folding_keeps_the_sums(platform: Platform) -> None:
    for replica, rows, at in (("a", 3, 1.0), ("b", 4, 2.0), ("c", 5, 99.0)):
        put(platform, replica, rows, at)
    assert platform.counters.fold(50.0, lambda _name: True) == 2
    *_, past = platform.counters.list()
    assert (past.replica.startswith(DEPARTED), past.resident) == (True, "iris-main-1")
    assert total(platform) == 12
    put(platform, "c", 6, 100.0)
    assert platform.counters.fold(1000.0, lambda _name: True) == 1
    assert [one.replica for one in platform.counters.list()] == [past.replica]
    assert total(platform) == 13
    assert platform.counters.fold(1000.0, lambda _name: True) == 0


def test_what_belongs_to_no_endpoint_goes(platform: Platform) -> None:
    put(platform, "a", 3, 1.0)
    put(platform, "b", 3, 1.0, endpoint="gone")
    platform.counters.fold(50.0, lambda _name: True)
    assert platform.counters.fold(50.0, lambda name: name == "iris") == 1
    assert (total(platform), total(platform, "gone")) == (3, 0)
