import pytest

from core.agreement import Agreement
from core.latencies import Latencies
from registry.records import Comparison, ResidentState
from tests.fakes.command import read, tell
from tests.fakes.control import FakeControl

SPEC = {
    "name": "iris",
    "variants": [{"model": "iris:1"}, {"name": "next", "model": "iris:1", "shadow": {}}],
    "rollout": {"strategy": "linear", "step_share": 0.5, "step_s": 60},
}


@pytest.fixture
def rolling(served: FakeControl) -> FakeControl:
    """`iris` has a version on its way in, and a shadow."""
    served.publish()
    served.client.endpoints.apply(SPEC)
    served.load("iris", 1, "next")
    served.platform.residents.shift(served.load("iris").id, 0.5, 0, served.clock.now())
    return served


def test_a_rollout_is_shown_step_by_step(rolling: FakeControl) -> None:
    told = tell("endpoints", "rollout", "iris")
    assert "linear" in told
    assert "1 of 2" in told
    assert "50%" in told
    assert read("endpoints", "rollout", "iris")["versions"][0]["share"] == 0.5
    assert rolling.client.endpoints.rollout("iris").step == 1


def test_watching_ends_with_the_rollout(rolling: FakeControl) -> None:
    (canary,) = [
        one for one in rolling.platform.residents.list() if one.state is ResidentState.CANARY
    ]
    rolling.platform.residents.promote(canary, retire_at=0.0)
    assert "live" in tell("endpoints", "rollout", "iris", "--watch")


def test_a_shadow_is_shown_with_its_agreement(rolling: FakeControl) -> None:
    assert "nothing compared yet" in tell("endpoints", "shadows", "iris")
    (shadow,) = [one for one in rolling.platform.residents.list() if one.variant == "next"]
    answered = Latencies.of([0.01] * 4)
    outputs = {"label": Agreement(4, 3, 0.25)}
    span = Comparison(
        "g", shadow.id, int(rolling.clock.now()), 4, 3, 0, 0, answered, answered, outputs
    )
    rolling.platform.shadows.put([span])
    told = tell("endpoints", "shadows", "iris")
    assert "75.0% of 4 requests" in told
    assert "0.25" in told
    assert read("endpoints", "shadows", "iris")[0]["agreed"] == 3


def test_without_a_shadow_it_says_how_to_have_one(served: FakeControl) -> None:
    served.publish()
    read("endpoints", "create", "iris", "--model", "iris:1")
    assert "shadow: {}" in tell("endpoints", "shadows", "iris")
