"""Histograms of where requests' time went, for Prometheus; several workers' numbers add up."""

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

from prometheus_client.core import HistogramMetricFamily, Metric

from gateway.spent import STAGES, Spent

Json = list[Any]
_MANY = 256
# Finer than a request's: letting a caller in takes microseconds.
BOUNDS_S = (
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
    2.5, 5.0, 10.0, 30.0,
)  # fmt: skip


@dataclass(slots=True)
class _Series:
    """The stages of one name, in the order of STAGES: counts below each bound, and total times."""

    counts: list[list[int]] = field(
        default_factory=lambda: [[0] * (len(BOUNDS_S) + 1) for _ in STAGES]
    )
    totals_s: list[float] = field(default_factory=lambda: [0.0] * len(STAGES))


class StageTally:
    """Labels are bounded: a listener, a name that is or was served, a stage.

    What it is told is added up a few hundred at a time: that costs a fraction of adding one up among other
    work.
    """

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], _Series] = {}
        self._ended: list[tuple[str, str, Spent]] = []

    def count(self, listener: str, name: str, spent: Spent) -> None:
        """Count the stages that one request came to."""
        self._ended.append((listener, name, spent))
        if len(self._ended) >= _MANY:
            self._add_up()

    def _add_up(self) -> None:
        ended, self._ended = self._ended, []
        for one in ended:
            self._add(*one)

    def _add(self, listener: str, name: str, spent: Spent) -> None:
        series = self._series.get((listener, name))
        if series is None:
            series = self._series[(listener, name)] = _Series()
        for at, seconds in enumerate(spent.seconds()):
            if seconds >= 0:
                series.counts[at][bisect_left(BOUNDS_S, seconds)] += 1
                series.totals_s[at] += seconds

    def export(self) -> Json:
        """All of it as JSON."""
        self._add_up()
        return [[*key, one.counts, one.totals_s] for key, one in self._series.items()]

    def add(self, document: Json) -> None:
        """Add what another tally has exported."""
        for listener, name, counts, totals_s in document:
            series = self._series.setdefault((listener, name), _Series())
            for at in range(len(STAGES)):
                series.counts[at] = [
                    own + more for own, more in zip(series.counts[at], counts[at], strict=True)
                ]
                series.totals_s[at] += totals_s[at]

    def collect(self) -> Metric:
        """The metric."""
        self._add_up()
        family = HistogramMetricFamily(
            "tidegate_stage_seconds",
            "Time that requests spent in each stage",
            labels=("listener", "name", "stage"),
        )
        for key, series in self._series.items():
            for stage, counts, total_s in zip(STAGES, series.counts, series.totals_s, strict=True):
                if any(counts):
                    family.add_metric((*key, stage), pile_up(counts), total_s)
        return family


def pile_up(counts: list[int]) -> list[tuple[str, float]]:
    """Prometheus's buckets: each holds those below it too."""
    below, buckets = 0, list[tuple[str, float]]()
    for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), counts, strict=True):
        below += count
        buckets.append((bound, below))
    return buckets
