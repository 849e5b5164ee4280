import os

import pytest

from core.errors import RuntimeUnavailable
from serving.gauge import Gauge, Readings, read_gpu
from tests.fakes.clock import FakeClock


class Counts:
    rows = 0
    requests = 0


def make_gauge(clock: FakeClock, num_cpus: float = 1.0) -> tuple[Gauge, Counts]:
    counts = Counts()
    readings = Readings(lambda: counts.rows, lambda: counts.requests)
    return Gauge(readings, num_cpus, clock), counts


def ask(gauge: Gauge, metric: str, target: float) -> None:
    gauge.set({"max_replicas": 2, "metric": metric, "target": target})


def test_without_autoscaling_there_is_no_load() -> None:
    gauge, counts = make_gauge(FakeClock())
    counts.rows = 100
    assert gauge.load() == 0.0
    gauge.set(None)
    assert gauge.load() == 0.0


def test_rows_are_measured_against_their_target() -> None:
    gauge, counts = make_gauge(FakeClock())
    ask(gauge, "rows", 32)
    counts.rows = 48
    assert gauge.load() == 1.5


def test_requests_are_a_rate() -> None:
    clock = FakeClock()
    gauge, counts = make_gauge(clock)
    ask(gauge, "requests", 10)
    assert gauge.load() == 0.0
    clock.advance(2.0)
    counts.requests = 60
    assert gauge.load() == pytest.approx(3.0)
    clock.advance(0.5)
    counts.requests = 999
    assert gauge.load() == pytest.approx(3.0)


def test_the_processors_time_is_a_share_of_what_it_was_given() -> None:
    clock = FakeClock()
    gauge, _ = make_gauge(clock, num_cpus=1e-6)
    ask(gauge, "cpu", 0.5)
    gauge.load()
    spent = sum(os.times()[:2])
    while sum(os.times()[:2]) - spent < 0.05:
        sum(range(10_000))
    clock.advance(1.0)
    assert gauge.load() > 1


@pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="there is a GPU")
def test_without_a_gpu_its_load_is_refused() -> None:
    gauge, _ = make_gauge(FakeClock())
    with pytest.raises(RuntimeUnavailable, match="gpu load"):
        ask(gauge, "gpu", 0.7)


@pytest.mark.gpu
@pytest.mark.skipif(not os.path.exists("/dev/nvidiactl"), reason="no GPU")
def test_the_gpus_load_is_a_share() -> None:
    assert 0 <= read_gpu() <= 1
