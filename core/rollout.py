"""How a new version takes over the traffic of a variant, and what calls it back. Pure.

The terms are those of SageMaker's deployment guardrails: the new fleet stands beside the old one
(blue/green), takes the traffic all at once, by a canary, or linearly, and is watched while it does.
"""

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from core.latencies import NO_LATENCIES, Latencies
from core.spec import Spec

_TELLING_ERRORS = 2


class Guard(Spec):
    """What a new version must keep to, judged over each step once it has answered `min_requests`.

    `max_error_rate`: the share of requests that it fails (answers of 5xx), where that is also more than
    `max_error_ratio` times the share that the version fails which it replaces: callers whose requests fail
    either are no fault of the new one. `max_latency_ms` bounds the quantile `latency_quantile` of its
    answers, `max_latency_ratio` the same relative to the version before, over the same time.
    """

    min_requests: int = Field(default=20, ge=1, le=1_000_000)
    max_error_rate: float = Field(default=0.05, ge=0, le=1)
    max_error_ratio: float = Field(default=1.5, ge=1, le=1000)
    latency_quantile: float = Field(default=0.95, gt=0, lt=1)
    max_latency_ms: float | None = Field(default=None, gt=0, le=3_600_000)
    max_latency_ratio: float | None = Field(default=None, gt=0, le=1000)


class Rollout(Spec):
    """The steps of a rollout: each share of the traffic is held for `step_s` under the guard.

    `all_at_once`: all of it, watched for `step_s`, where 0 switches at once. `canary`: `step_share`
    first, then all. `linear`: `step_share` more in each step. The version before stays loaded until the
    last step has been held, and `retain_s` longer.
    """

    strategy: Literal["all_at_once", "canary", "linear"] = "all_at_once"
    step_share: float = Field(default=0.1, gt=0, lt=1)
    step_s: float = Field(default=0.0, ge=0, le=86_400)
    guard: Guard = Guard()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.strategy != "all_at_once" and self.step_s <= 0:
            raise ValueError(f"strategy {self.strategy} needs step_s, seconds for each step")
        if self.strategy == "linear" and self.step_share < 0.01:
            raise ValueError("step_share of a linear rollout is at least 0.01")
        return self

    @property
    def shares(self) -> tuple[float, ...]:
        """The new version's share of the traffic, step by step; the last is 1."""
        match self.strategy:
            case "all_at_once":
                return (1.0,)
            case "canary":
                return (self.step_share, 1.0)
        shares = [self.step_share]
        while shares[-1] + self.step_share < 1 - 1e-9:
            shares.append(round(self.step_share * (len(shares) + 1), 9))
        return (*shares, 1.0)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a version's answers in a span of time."""

    requests: int = 0
    errors: int = 0
    latencies: Latencies = NO_LATENCIES

    def __add__(self, other: "Seen") -> "Seen":
        """Both together."""
        return Seen(
            self.requests + other.requests,
            self.errors + other.errors,
            self.latencies + other.latencies,
        )


def judge(guard: Guard, new: Seen, old: Seen) -> str:
    """Why the new version must go back, empty while it keeps to the guard or has answered too little."""
    if new.requests < guard.min_requests:
        return ""
    rate = new.errors / new.requests
    if rate > guard.max_error_rate and _is_to_blame(guard, new, old):
        counted = f"{new.errors} of {new.requests} requests failed"
        return f"error rate {rate:.1%} is above {guard.max_error_rate:.1%} ({counted})"
    return _judge_latency(guard, new, old)


def _is_to_blame(guard: Guard, new: Seen, old: Seen) -> bool:
    """Whether the errors are the new version's, and more than the one that says nothing."""
    if new.errors < _TELLING_ERRORS and guard.max_error_rate > 0:
        return False
    if old.requests < guard.min_requests:
        return True
    before = old.errors / old.requests
    return new.errors / new.requests > guard.max_error_ratio * before


def _judge_latency(guard: Guard, new: Seen, old: Seen) -> str:
    found_s = new.latencies.quantile(guard.latency_quantile)
    if found_s is None:
        return ""
    name = f"p{guard.latency_quantile * 100:g} latency {found_s * 1000:.1f} ms"
    if guard.max_latency_ms is not None and found_s * 1000 > guard.max_latency_ms:
        return f"{name} is above {guard.max_latency_ms:g} ms"
    if guard.max_latency_ratio is not None and old.requests >= guard.min_requests:
        before_s = old.latencies.quantile(guard.latency_quantile)
        if before_s and found_s > guard.max_latency_ratio * before_s:
            limit = f"{guard.max_latency_ratio:g} times the {before_s * 1000:.1f} ms before"
            return f"{name} is above {limit}"
    return ""
