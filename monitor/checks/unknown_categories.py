"""Categories that the baseline does not have."""

from typing import ClassVar

import numpy as np

from core.tensor import Array
from monitor.baseline import Profile, Values
from monitor.metric import Kind, Measure


class UnknownCategories:
    """The share of present values that are none of the baseline's categories.

    A sample misses rare categories by chance, and a large window shows many of them. The p-value
    allows for it: were both sides one source, their rows could be dealt to the sides anew, and a
    category with t rows would all go to the window with the chance C(N-t, n) / C(N, n). Mean and
    variance of the number of such rows follow, and Cantelli's inequality bounds the chance of as
    many as were seen. (Categories hinder each other in this, so that their variances add up to no
    less than the true one.)
    """

    name: ClassVar[str] = "unknown_categories"
    title: ClassVar[str] = "values of unknown categories"

    def examine(self, profile: Profile, window: Values) -> Measure | None:
        """The share; None for numbers and without values."""
        baseline = profile.values.present
        if profile.kind is not Kind.CATEGORICAL or not len(window.present) or not len(baseline):
            return None
        pair = profile.pair(window)
        unknown = int(pair.window_counts[pair.baseline_counts == 0].sum())
        if unknown == 0:
            return Measure(0.0, 1.0)
        totals = (pair.baseline_counts + pair.window_counts).astype(np.float64)
        chance = _bound(unknown, totals, len(window.present))
        return Measure(unknown / len(window.present), chance)


def _bound(unknown: int, totals: Array, window: int) -> float:
    """An upper bound of the chance that so many rows are of categories that one side misses."""
    from scipy.special import gammaln  # noqa: PLC0415 - takes long to import

    rows = totals.sum()
    fitting = totals[totals <= window]
    logarithms = (
        gammaln(window + 1)
        - gammaln(window - fitting + 1)
        + gammaln(rows - fitting + 1)
        - gammaln(rows + 1)
    )
    chances = np.exp(np.minimum(logarithms, 0.0))
    mean = float((fitting * chances).sum())
    variance = float((fitting**2 * chances * (1 - chances)).sum())
    if unknown <= mean:
        return 1.0
    return variance / (variance + (unknown - mean) ** 2)
