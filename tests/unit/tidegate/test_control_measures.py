import pytest

from core.agreement import Agreement
from core.errors import NotFound
from core.latencies import Latencies
from registry.records import Comparison, Resident, ResidentState, Traffic
from tests.fakes.control import FakeControl

SPEC = {
    "name": "iris",
    "variants": [{"model": "iris:2"}, {"name": "next", "model": "iris:1", "shadow": {}}],
    "rollout": {"strategy": "canary", "step_share": 0.2, "step_s": 60},
}


@pytest.fixture
def rolling(served: FakeControl) -> FakeControl:
    """Version 2 of `iris` has a fifth of the traffic, and a shadow runs beside."""
    served.publish()
    served.publish(1.0)
    served.client.endpoints.apply(SPEC)
    old = served.load("iris", 1)
    served.load("iris", 1, "next")
    new = served.load("iris", 2)
    platform, now = served.platform, served.clock.now()
    platform.residents.mark(old.id, ResidentState.LIVE)
    platform.residents.shift(new.id, 0.2, 0, now)
    rows = [metered(old, now, 80), metered(new, now, 20, 5), metered(new, now - 50, 9, 9)]
    platform.traffic.put(rows)
    return served


def metered(resident: Resident, at: float, requests: int, errors: int = 0) -> Traffic:
    answered = Latencies.of([0.01] * (requests - errors))
    return Traffic("g", resident.id, int(at) + 1, requests, errors, answered)


def test_a_rollout_says_how_each_version_does_in_its_step(rolling: FakeControl) -> None:
    found = rolling.client.endpoints.rollout("iris")
    assert (found.step, found.steps, found.rollout.strategy) == (1, 2, "canary")
    assert found.step_ends_at == pytest.approx(rolling.clock.now() + 60)
    old, new = found.versions
    assert (old.version, old.share, old.requests, old.errors) == (1, 0.8, 80, 0)
    assert (new.version, new.share, new.requests, new.errors) == (2, 0.2, 20, 5)
    assert new.latency.p95_s == pytest.approx(0.01, rel=0.2)


def test_where_nothing_is_rolled_out_there_is_no_step(served: FakeControl) -> None:
    served.publish()
    served.client.endpoints.apply({"name": "iris", "variants": [{"model": "iris:1"}]})
    served.load("iris")
    found = served.client.endpoints.rollout("iris")
    assert (found.step, found.step_ends_at) == (0, None)
    assert [(one.share, one.requests) for one in found.versions] == [(1.0, 0)]
    assert found.versions[0].latency.p50_s is None


def test_a_shadow_is_summed_over_its_spans(rolling: FakeControl) -> None:
    (shadow,) = [one for one in rolling.platform.residents.list() if one.variant == "next"]
    now = int(rolling.clock.now())
    spans = [
        Comparison("g", shadow.id, now - after, 10, 9, 1, 2, Latencies((0, 10)), Latencies((10,)),
                   {"label": Agreement(10, 9, 0.5)})
        for after in (5, 10, 90_000)
    ]  # fmt: skip
    rolling.platform.shadows.put(spans)
    (found,) = rolling.client.endpoints.shadows("iris")
    assert (found.variant, found.compared, found.agreed) == ("next", 20, 18)
    assert (found.failed, found.dropped) == (2, 4)
    (output,) = found.outputs
    assert (output.name, output.rows, output.agreed, output.largest) == ("label", 20, 18, 0.5)
    both = (found.live_latency.p50_s or 9.0, found.latency.p50_s or 0.0)
    assert both[0] < both[1]


def test_an_endpoint_that_is_not_there_is_not_found(served: FakeControl) -> None:
    with pytest.raises(NotFound):
        served.client.endpoints.rollout("nobody")
    with pytest.raises(NotFound):
        served.client.endpoints.shadows("nobody")
