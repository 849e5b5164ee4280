"""The two-sample Kolmogorov-Smirnov statistic."""

from typing import ClassVar

from monitor.metric import Kind, Measure, Pair


class KolmogorovSmirnov:
    """The largest vertical distance between the two empirical distribution functions, 0 to 1.

    Source: Hodges, "The significance probability of the Smirnov two-sample test", 1958; computed by
    scipy, with the asymptotic p-value, which errs to the safe side on tied values.
    """

    name: ClassVar[str] = "kolmogorov_smirnov"
    title: ClassVar[str] = "Kolmogorov-Smirnov"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.NUMERIC})
    threshold: ClassVar[float] = 0.1  # a normal distribution moved by a quarter of its deviation

    def measure(self, pair: Pair) -> Measure:
        """The statistic, and its p-value."""
        from scipy.stats import ks_2samp  # noqa: PLC0415 - scipy.stats takes a second to import

        if len(pair.baseline) == len(pair.window) == 1:
            # Two single values say nothing, and scipy's approximation would divide by 0.
            return Measure(float(pair.baseline[0] != pair.window[0]), 1.0)
        found = ks_2samp(pair.baseline, pair.window, method="asymp")
        return Measure(float(found.statistic), float(found.pvalue))
