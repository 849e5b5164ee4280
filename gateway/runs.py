"""What replicas have counted of their runs, for Prometheus: one scrape of a gateway tells of all of them.

Every gateway tells the same numbers, those of replicas that are gone among them.
"""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from core.oip.statistics import BATCH_KINDS, Counts, sum_counts
from registry.records import Counter

_LABELS = ("endpoint", "version")
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_OUTCOMES = ("success", "fail")
_NS = 1e9
ReadCounters = Callable[[], Iterable[Counter]]
Summed = dict[tuple[str, str], Counts]


def write_runs(read: ReadCounters) -> bytes:
    """Prometheus's text form of what the tables have; it blocks while it reads them."""
    registry = CollectorRegistry()
    registry.register(_Collector(add_up(read())))
    return generate_latest(registry)


def add_up(counters: Iterable[Counter]) -> Summed:
    """The sum over all replicas of each endpoint and version."""
    found: dict[tuple[str, str], list[Counts]] = {}
    for one in counters:
        found.setdefault((str(one.endpoint), str(one.version)), []).append(one.counts)
    return {labels: sum_counts(counts) for labels, counts in found.items()}


class _Collector:
    def __init__(self, summed: Summed) -> None:
        self._summed = summed

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus_client."""
        yield self._collect_rows()
        yield self._collect_phases()
        yield self._collect_waits()
        yield self._collect_requests()

    def _collect_rows(self) -> Metric:
        family = HistogramMetricFamily("tidegate_batch_rows", "Rows of a run", labels=_LABELS)
        for labels, counts in self._summed.items():
            sizes = {rows: kinds["compute_infer"].count for rows, kinds in counts.batches.items()}
            buckets = [
                (str(bound), sum(runs for rows, runs in sizes.items() if rows <= bound))
                for bound in _ROWS
            ]
            buckets.append(("+Inf", sum(sizes.values())))
            family.add_metric(labels, buckets, sum(rows * runs for rows, runs in sizes.items()))
        return family

    def _collect_phases(self) -> Metric:
        family = CounterMetricFamily(
            "tidegate_batch_seconds",
            "Time of runs, by what was done",
            labels=(*_LABELS, "phase"),
        )
        for labels, counts in self._summed.items():
            for phase in BATCH_KINDS:
                spent = sum(kinds[phase].ns for kinds in counts.batches.values() if phase in kinds)
                family.add_metric((*labels, phase), spent / _NS)
        return family

    def _collect_waits(self) -> Metric:
        family = CounterMetricFamily(
            "tidegate_queue_seconds", "Time that requests waited for a run", labels=_LABELS
        )
        for labels, counts in self._summed.items():
            waited = counts.durations.get("queue")
            family.add_metric(labels, 0.0 if waited is None else waited.ns / _NS)
        return family

    def _collect_requests(self) -> Metric:
        family = CounterMetricFamily(
            "tidegate_replica_requests",
            "Requests that replicas answered",
            labels=(*_LABELS, "outcome"),
        )
        for labels, counts in self._summed.items():
            for outcome in _OUTCOMES:
                known = counts.durations.get(outcome)
                family.add_metric((*labels, outcome), 0 if known is None else known.count)
        return family
