from pathlib import Path

from core.oip.statistics import Counts
from core.refs import EndpointName, ReplicaId, ResidentId
from registry.migration import migrate
from registry.platform import Platform, open_platform
from serving.leaseholder import LIFETIME_S, Leaseholder
from tests.fakes.clock import FakeClock


def open_home(tmp_path: Path) -> Platform:
    url = f"sqlite:///{tmp_path}/platform.db"
    migrate(url)
    return open_platform(url)


def hold(platform: Platform, clock: FakeClock) -> Leaseholder:
    return Leaseholder(platform, ReplicaId("r1"), ResidentId("iris-main-1"), clock)


def test_a_lease_is_taken_renewed_and_released(tmp_path: Path) -> None:
    platform, clock = open_home(tmp_path), FakeClock()
    holder = hold(platform, clock)
    holder.take("127.0.0.1:9")
    clock.advance(3)
    assert holder.age_s == 3
    holder.renew()
    (lease,) = platform.leases.list()
    assert lease.expires_at == clock.now() + LIFETIME_S
    assert holder.age_s == 0
    holder.release()
    assert platform.leases.list() == ()


def test_a_swept_lease_is_taken_again(tmp_path: Path) -> None:
    platform, clock = open_home(tmp_path), FakeClock()
    holder = hold(platform, clock)
    holder.take("127.0.0.1:9")
    platform.leases.release(ReplicaId("r1"))
    holder.renew()
    assert platform.leases.list()[0].address == "127.0.0.1:9"


def test_tables_that_are_gone_stop_nothing(tmp_path: Path) -> None:
    platform, clock = open_home(tmp_path), FakeClock()
    holder = hold(platform, clock)
    holder.take("127.0.0.1:9")
    with platform.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE leases")
    clock.advance(2)
    holder.renew()
    holder.release()
    assert holder.age_s == 2


def test_what_was_counted_is_written_where_it_outlives_the_replica(tmp_path: Path) -> None:
    platform, clock = open_home(tmp_path), FakeClock()
    holder = hold(platform, clock)
    counts = Counts(inference_count=3)
    for _ in range(2):
        holder.report(EndpointName("iris"), 1, counts)
        clock.advance(1)
    (written,) = platform.counters.list()
    assert (written.counts.inference_count, written.version) == (3, 1)
    assert written.updated_at == clock.now() - 2
