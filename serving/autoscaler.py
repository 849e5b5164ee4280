"""What Ray Serve's autoscaler does with our loads. It imports nothing of Ray's: Serve calls `decide`.

Serve adds the bounds and the delays of `AutoscalingConfig` to what is decided here.
"""

import math
from collections.abc import Mapping
from typing import Any, Protocol

from core.autoscaling import Autoscaling

# Where Serve finds the policy, and what replicas call their load.
POLICY = "serving.autoscaler:decide"
LOAD = "load"
# Serve asks for more than its own ten seconds between two reports, which it does not use any more.
LOOK_BACK_S = 10.5
# A hair above a whole number is no reason for one more.
_SLACK = 0.01


class Context(Protocol):
    """The part of Serve's AutoscalingContext that we read."""

    @property
    def running_replicas(self) -> list[Any]:
        """Those that run."""
        ...

    @property
    def target_num_replicas(self) -> int:
        """How many there are to be now."""
        ...

    @property
    def aggregated_metrics(self) -> Mapping[str, Mapping[Any, float]] | None:
        """Each metric's mean over the last seconds, by replica."""
        ...


def decide(context: Context) -> tuple[int, dict[str, Any]]:
    """As many replicas as there are loads of 1; no change while nobody has said how much there is."""
    loads = (context.aggregated_metrics or {}).get(LOAD, {})
    running = set(context.running_replicas)
    known = [load for replica, load in loads.items() if replica in running]
    if not known:
        return context.target_num_replicas, {}
    # One that has not said yet takes its part of what the others have, it adds nothing.
    return math.ceil(sum(known) - _SLACK), {}


def configure(scaling: Autoscaling, floor: int) -> dict[str, Any]:
    """Serve's AutoscalingConfig for a variant that has at least `floor` replicas now."""
    return {
        "min_replicas": floor,
        "max_replicas": max(scaling.max_replicas, floor, 1),
        "upscale_delay_s": scaling.upscale_delay_s,
        "downscale_delay_s": scaling.downscale_delay_s,
        # The floor falls to 0 only when nobody has asked for `idle_s`: that was the delay.
        "downscale_to_zero_delay_s": 0.0,
        "look_back_period_s": LOOK_BACK_S,
        "policy": {"policy_function": POLICY},
    }
