from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from core.autoscaling import Autoscaling
from serving.autoscaler import LOAD, configure, decide


@dataclass
class Context:
    """What Serve hands to a policy."""

    loads: Mapping[str, float] = field(default_factory=dict)
    running_replicas: list[str] = field(default_factory=lambda: ["a", "b"])
    target_num_replicas: int = 2

    @property
    def aggregated_metrics(self) -> Mapping[str, Mapping[str, float]]:
        return {LOAD: self.loads} if self.loads else {}


@pytest.mark.parametrize(
    ("loads", "wanted"),
    [
        ({"a": 1.0, "b": 1.0}, 2),
        ({"a": 1.005}, 1),
        ({"a": 2.1, "b": 0.5}, 3),
        ({"a": 0.0, "b": 0.0}, 0),
        ({}, 2),
        ({"gone": 9.0}, 2),
        ({"gone": 9.0, "a": 1.0}, 1),
    ],
)
def test_there_are_as_many_replicas_as_loads_of_one(loads: dict[str, float], wanted: int) -> None:
    assert decide(Context(loads)) == (wanted, {})


def test_the_floor_is_serves_minimum() -> None:
    scaling = Autoscaling(min_replicas=0, max_replicas=2, downscale_delay_s=7)
    config = configure(scaling, 0)
    assert (config["min_replicas"], config["max_replicas"]) == (0, 2)
    assert (config["downscale_delay_s"], config["downscale_to_zero_delay_s"]) == (7, 0)


def test_serve_takes_the_configuration_and_finds_the_policy() -> None:
    config = configure(Autoscaling(max_replicas=3), 1)
    module, _, name = config["policy"]["policy_function"].partition(":")
    assert (module, name) == (decide.__module__, decide.__name__)
