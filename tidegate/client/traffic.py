"""Traffic between two looks at a gateway's metrics: requests per second, errors, latency. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

Key = tuple[str, str]
_METRICS = "tidegate"
_LISTENER, _NAME = "listener", "name"


@dataclass(slots=True)
class Reading:
    """What one name had counted: requests, those of them that failed (5xx), and how many by latency."""

    requests: float = 0.0
    errors: float = 0.0
    below: dict[float, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flow:
    """One name's traffic in a span of time. Latencies are None when nothing was answered."""

    listener: str
    name: str
    requests_per_s: float
    error_share: float
    p50_s: float | None
    p95_s: float | None


def read_metrics(text: str) -> dict[Key, Reading]:
    """The readings in Prometheus's text form, by listener and name."""
    found: dict[Key, Reading] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if _NAME not in sample.labels or not sample.labels[_NAME]:
                continue
            reading = found.setdefault((sample.labels[_LISTENER], sample.labels[_NAME]), Reading())
            if sample.name == f"{_METRICS}_requests_total":
                reading.requests += sample.value
                reading.errors += sample.value if sample.labels["status"] >= "500" else 0.0
            elif sample.name == f"{_METRICS}_request_seconds_bucket":
                reading.below[float(sample.labels["le"])] = sample.value
    return found


def compare(
    before: Mapping[Key, Reading], after: Mapping[Key, Reading], seconds: float
) -> tuple[Flow, ...]:
    """The traffic in between, the busiest first. A gateway that was started again counts from zero."""
    flows = [
        _flow(key, before.get(key, Reading()), reading, seconds) for key, reading in after.items()
    ]
    return tuple(sorted(flows, key=lambda flow: (-flow.requests_per_s, flow.listener, flow.name)))


def _flow(key: Key, before: Reading, after: Reading, seconds: float) -> Flow:
    if after.requests < before.requests:
        before = Reading()
    requests = after.requests - before.requests
    errors = after.errors - before.errors
    below = {bound: count - before.below.get(bound, 0.0) for bound, count in after.below.items()}
    return Flow(
        *key,
        requests_per_s=requests / seconds,
        error_share=errors / requests if requests else 0.0,
        p50_s=_quantile(below, 0.5),
        p95_s=_quantile(below, 0.95),
    )


def _quantile(below: Mapping[float, float], share: float) -> float | None:
    """Linear within a bucket, as Prometheus's histogram_quantile has it; the last bound beyond it."""
    bounds = sorted(below)
    if not bounds or below[bounds[-1]] <= 0:
        return None
    wanted = share * below[bounds[-1]]
    lower = counted = 0.0
    for bound in bounds:
        if below[bound] >= wanted:
            if bound == float("inf"):
                return lower
            inside = below[bound] - counted
            return lower + (bound - lower) * ((wanted - counted) / inside if inside else 1.0)
        lower, counted = bound, below[bound]
    return lower
