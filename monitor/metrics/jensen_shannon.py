"""The Jensen-Shannon distance."""

from typing import ClassVar

import numpy as np

from monitor.metric import Kind, Measure, Pair


class JensenShannon:
    """The square root of the Jensen-Shannon divergence to base 2, between the bins' shares: 0 to 1.

    Source of the formula: Lin, "Divergence measures based on the Shannon entropy", 1991, computed by
    scipy; of the p-value: the divergence's second-order term is an eighth of a chi-square distance
    (Grosse et al., "Analysis of symbolic sequences using the Jensen-Shannon divergence", 2002).
    """

    name: ClassVar[str] = "jensen_shannon"
    title: ClassVar[str] = "Jensen-Shannon distance"
    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)
    threshold: ClassVar[float] = 0.1

    def measure(self, pair: Pair) -> Measure:
        """The distance, and its p-value."""
        from scipy.spatial.distance import jensenshannon  # noqa: PLC0415 - as below
        from scipy.stats import chi2  # noqa: PLC0415 - scipy.stats takes a second to import

        rows, asked = pair.baseline_counts.sum(), pair.window_counts.sum()
        shares = pair.baseline_counts / rows, pair.window_counts / asked
        # Rounding can leave a divergence just below 0, whose root is not a number.
        value = float(np.nan_to_num(jensenshannon(*shares, base=2)))
        statistic = 8 * np.log(2) * value**2 * rows * asked / (rows + asked)
        freedom = max(np.count_nonzero(pair.baseline_counts + pair.window_counts) - 1, 1)
        return Measure(value, float(chi2.sf(statistic, freedom)))
