"""Counts and latencies of requests, aggregated here and handed to Prometheus when it asks."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from capture.tap import Tap

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(slots=True)
class Series:
    """One histogram: how many requests fell below each bound, and their total time."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    total_s: float = 0.0


class RequestMetrics:
    """Plain dictionaries on the hot path: a client library's labels cost more than the counting.

    Labels are bounded: a listener, a name that is or was served, a status.
    """

    def __init__(self, tap: Tap) -> None:
        self._tap = tap
        self._requests: dict[tuple[str, str, int], int] = {}
        self._seconds: dict[tuple[str, str], Series] = {}
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

    def write(self) -> bytes:
        """Prometheus's text form."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus_client."""
        requests = CounterMetricFamily(
            "tidegate_requests", "Requests answered", labels=("listener", "name", "status")
        )
        for (listener, name, status), count in self._requests.items():
            requests.add_metric((listener, name, str(status)), count)
        yield requests
        yield self._collect_seconds()
        captured = CounterMetricFamily(
            "tidegate_capture_records",
            "Captured records by what became of them",
            labels=("outcome",),
        )
        counts = self._tap.counts
        for outcome in ("written", "dropped", "failed"):
            captured.add_metric((outcome,), getattr(counts, outcome))
        yield captured

    def _collect_seconds(self) -> Metric:
        family = HistogramMetricFamily(
            "tidegate_request_seconds", "Time from arrival to answer", labels=("listener", "name")
        )
        for labels, series in self._seconds.items():
            below = 0
            buckets: list[tuple[str, float]] = []
            for bound, count in zip((*BOUNDS_S, float("inf")), series.counts, strict=True):
                below += count
                buckets.append(("+Inf" if bound == float("inf") else str(bound), below))
            family.add_metric(labels, buckets, series.total_s)
        return family
