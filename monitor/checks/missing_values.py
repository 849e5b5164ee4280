"""Rows without a value."""

from typing import ClassVar

from monitor.baseline import Profile, Values
from monitor.metric import Measure


class MissingValues:
    """How much the share of missing rows grew; p-value of Fisher's exact test, one-sided."""

    name: ClassVar[str] = "missing_values"
    title: ClassVar[str] = "more rows without a value"

    def examine(self, profile: Profile, window: Values) -> Measure | None:
        """The growth of the share, 0 where it fell."""
        from scipy.stats import fisher_exact  # noqa: PLC0415 - takes a second to import

        baseline = profile.values
        growth = max(window.missing_share - baseline.missing_share, 0.0)
        if growth == 0:
            return Measure(0.0, 1.0)
        table = [
            [window.missing, len(window.present)],
            [baseline.missing, len(baseline.present)],
        ]
        return Measure(growth, float(fisher_exact(table, alternative="greater").pvalue))
