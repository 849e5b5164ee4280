"""Pearson's chi-square test of homogeneity."""

from typing import ClassVar

import numpy as np

from core.tensor import Array
from monitor.metric import Kind, Measure, Pair

_LEAST_EXPECTED = 5.0


class ChiSquare:
    """Cramer's V between category and side, as if both sides had as many rows: 0 to 1.

    With shares b and w it is the root of a quarter of the sum of (w - b)^2 / ((w + b) / 2): unlike
    the plain V it does not shrink when the window is far larger than the baseline. Categories that
    are too rare for the test (less than 5 rows expected on a side) are counted together. Source:
    Cramer, "Mathematical methods of statistics", 1946; Cochran, 1954, for the rule of 5; the p-value
    is scipy's `chi2_contingency` without Yates' correction.
    """

    name: ClassVar[str] = "chi_square"
    title: ClassVar[str] = "Chi-square (Cramer's V)"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.CATEGORICAL})
    threshold: ClassVar[float] = 0.1

    def measure(self, pair: Pair) -> Measure:
        """The effect size, and the test's p-value."""
        from scipy.stats import chi2_contingency  # noqa: PLC0415 - takes a second to import

        table = _pool_rare(np.stack([pair.baseline_counts, pair.window_counts]).astype(np.float64))
        if table.shape[1] < 2:
            return Measure(0.0, 1.0)
        b, w = table / table.sum(axis=1, keepdims=True)
        value = float(np.sqrt(((w - b) ** 2 / ((w + b) / 2)).sum() / 4))
        return Measure(value, float(chi2_contingency(table, correction=False).pvalue))


def _pool_rare(table: Array) -> Array:
    table = table[:, table.sum(axis=0) > 0]
    smaller_side = table.sum(axis=1).min() / table.sum()
    is_rare = table.sum(axis=0) * smaller_side < _LEAST_EXPECTED
    if not is_rare.any():
        return table
    pooled = table[:, is_rare].sum(axis=1, keepdims=True)
    common = table[:, ~is_rare]
    if pooled.sum() * smaller_side >= _LEAST_EXPECTED or common.shape[1] == 0:
        return np.concatenate([common, pooled], axis=1)
    # Even together too rare: they go to the rarest of the common ones.
    common[:, common.sum(axis=0).argmin()] += pooled[:, 0]
    return common
