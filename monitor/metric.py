"""Metrics: how far two samples of one feature lie apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from core.plugins import load
from core.tensor import Array


class Kind(StrEnum):
    """How a feature is compared: by its order and distances, or by the shares of its values."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A feature's present values in the baseline and in the window, neither of them empty.

    Values are float64, finite (NUMERIC) or str objects (CATEGORICAL). Counts are of the same bins on
    both sides: quantile bins of the baseline, or every category of either side.
    """

    kind: Kind
    baseline: Array
    window: Array
    baseline_counts: Array
    window_counts: Array


@dataclass(frozen=True, slots=True)
class Measure:
    """The size of a difference, finite, 0 for none; and its p-value.

    `p_value` is the chance of a difference at least as large between two samples of one source.
    """

    value: float
    p_value: float


class Metric(Protocol):
    """Measures one feature; pure, called once for each feature and run."""

    @property
    def name(self) -> str:
        """Its name in METRICS."""
        ...

    @property
    def title(self) -> str:
        """Its name for people."""
        ...

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of feature that it can measure."""
        ...

    @property
    def threshold(self) -> float:
        """The value from which a difference matters, where the monitor names none."""
        ...

    def measure(self, pair: Pair) -> Measure:
        """How far apart; the order of values does not count."""
        ...


METRICS: Mapping[str, str] = {
    "kolmogorov_smirnov": "monitor.metrics.kolmogorov_smirnov:KolmogorovSmirnov",
    "psi": "monitor.metrics.psi:PopulationStabilityIndex",
    "jensen_shannon": "monitor.metrics.jensen_shannon:JensenShannon",
    "chi_square": "monitor.metrics.chi_square:ChiSquare",
}


def load_metric(name: str) -> Metric:
    """The metric of this name; raises NotFound."""
    metric: Metric = load("metric", METRICS, name)()
    return metric
