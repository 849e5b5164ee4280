"""The population stability index."""

from typing import ClassVar

import numpy as np

from monitor.metric import Kind, Measure, Pair


class PopulationStabilityIndex:
    """The sum over bins of (w - b) ln(w / b), where b and w are the two sides' shares; 0 and up.

    Half a row is added to each bin, so that an empty one leaves the index finite. Source of the
    formula: Siddiqi, "Credit risk scorecards", 2006; of the p-value: Yurdakul and Naranjo,
    "Statistical properties of the population stability index", 2020: without drift it is
    (1/n + 1/m) times a chi-square of one degree less than bins.
    """

    name: ClassVar[str] = "psi"
    title: ClassVar[str] = "Population stability index"
    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)
    threshold: ClassVar[float] = 0.2

    def measure(self, pair: Pair) -> Measure:
        """The index, and its p-value."""
        from scipy.stats import chi2  # noqa: PLC0415 - scipy.stats takes a second to import

        baseline, window = pair.baseline_counts + 0.5, pair.window_counts + 0.5
        rows, asked = baseline.sum(), window.sum()
        b, w = baseline / rows, window / asked
        value = float(((w - b) * np.log(w / b)).sum())
        scale = 1 / rows + 1 / asked
        freedom = max(len(baseline) - 1, 1)
        return Measure(max(value, 0.0), float(chi2.sf(value / scale, freedom)))
