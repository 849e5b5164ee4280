"""Counts and latencies of requests, aggregated here and handed to Prometheus when it asks."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from capture.tap import Tap
from gateway.cache_tally import CacheTally, collect_cache
from gateway.stage_tally import StageTally

Json = dict[str, Any]
_OUTCOMES = ("written", "dropped", "failed")
BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(slots=True)
class Series:
    """One histogram: how many requests fell below each bound, and their total time."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    total_s: float = 0.0


@dataclass(slots=True)
class Counted:
    """What was counted, by one worker or by several together."""

    requests: dict[tuple[str, str, int], int] = field(default_factory=dict)
    seconds: dict[tuple[str, str], Series] = field(default_factory=dict)
    captured: dict[str, int] = field(default_factory=dict)
    caches: list[Json] = field(default_factory=list)
    stages: StageTally = field(default_factory=StageTally)
    traced: dict[str, int] = field(default_factory=dict)

    def add(self, document: Json) -> None:
        """Add what another worker has exported."""
        for listener, name, status, count in document["requests"]:
            key = (listener, name, status)
            self.requests[key] = self.requests.get(key, 0) + count
        for listener, name, counts, total_s in document["seconds"]:
            series = self.seconds.setdefault((listener, name), Series())
            series.counts = [own + more for own, more in zip(series.counts, counts, strict=True)]
            series.total_s += total_s
        for outcome, count in document["captured"].items():
            self.captured[outcome] = self.captured.get(outcome, 0) + count
        self.caches += document["caches"]
        self.stages.add(document["stages"])
        for outcome, count in document["traced"].items():
            self.traced[outcome] = self.traced.get(outcome, 0) + count

    def export(self) -> Json:
        """All of it as JSON."""
        return {
            "requests": [[*key, count] for key, count in self.requests.items()],
            "seconds": [[*key, one.counts, one.total_s] for key, one in self.seconds.items()],
            "captured": self.captured,
            "caches": self.caches,
            "stages": self.stages.export(),
            "traced": self.traced,
        }


class RequestMetrics:
    """Plain dictionaries on the hot path: a client library's labels cost more than the counting.

    Labels are bounded: a listener, a name that is or was served, a status. `read_others` tells what other
    workers of this gateway have exported.
    """

    def __init__(
        self,
        tap: Tap,
        read_others: Callable[[], Iterable[Json]] = tuple,
        cache: CacheTally | None = None,
        traced: dict[str, int] | None = None,
    ) -> None:
        self._tap = tap
        self._cache = cache
        self._read_others = read_others
        # Whoever counts what is traced goes on counting in it.
        self._own = Counted(traced={} if traced is None else traced)
        self.stages = self._own.stages
        # Looked up once, for the hot path.
        self._requests = self._own.requests
        self._seconds = self._own.seconds
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def record(self, listener: str, name: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (listener, name, status)
        self._requests[key] = self._requests.get(key, 0) + 1
        series = self._seconds.get((listener, name))
        if series is None:
            series = self._seconds[(listener, name)] = Series()
        series.counts[bisect_left(BOUNDS_S, seconds)] += 1
        series.total_s += seconds

    def export(self) -> Json:
        """What this worker has counted, for the others."""
        counts = self._tap.counts
        self._own.captured = {outcome: getattr(counts, outcome) for outcome in _OUTCOMES}
        self._own.caches = [] if self._cache is None else [self._cache.export()]
        return self._own.export()

    def write(self) -> bytes:
        """Prometheus's text form, of all workers."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus_client."""
        counted = Counted()
        for document in (self.export(), *self._read_others()):
            counted.add(document)
        requests = CounterMetricFamily(
            "tidegate_requests", "Requests answered", labels=("listener", "name", "status")
        )
        for (listener, name, status), count in counted.requests.items():
            requests.add_metric((listener, name, str(status)), count)
        yield requests
        yield collect_seconds(counted)
        yield counted.stages.collect()
        captured = CounterMetricFamily(
            "tidegate_capture_records",
            "Captured records by what became of them",
            labels=("outcome",),
        )
        for outcome, count in counted.captured.items():
            captured.add_metric((outcome,), count)
        yield captured
        if counted.caches:
            yield from collect_cache(counted.caches)
        if counted.traced:
            yield collect_traced(counted.traced)


def collect_seconds(counted: Counted) -> Metric:
    """The histogram of the times from arrival to answer."""
    family = HistogramMetricFamily(
        "tidegate_request_seconds", "Time from arrival to answer", labels=("listener", "name")
    )
    for labels, series in counted.seconds.items():
        below = 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip((*BOUNDS_S, float("inf")), series.counts, strict=True):
            below += count
            buckets.append(("+Inf" if bound == float("inf") else str(bound), below))
        family.add_metric(labels, buckets, series.total_s)
    return family


def collect_traced(traced: Mapping[str, int]) -> Metric:
    """What became of the requests that were traced."""
    family = CounterMetricFamily(
        "tidegate_traced_requests",
        "Sampled requests by what became of their spans",
        labels=("outcome",),
    )
    for outcome, count in traced.items():
        family.add_metric((outcome,), count)
    return family
