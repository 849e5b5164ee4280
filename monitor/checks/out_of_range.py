"""Numbers below the baseline's smallest or above its largest."""

from typing import ClassVar

from monitor.baseline import Profile, Values
from monitor.metric import Measure


class OutOfRange:
    """The share of present values outside the baseline's range.

    Without drift the chance to fall outside the range of n values has the distribution Beta(2, n-1)
    whatever the feature's own one is (Wilks, "Determination of sample sizes for setting tolerance
    limits", 1941), so that the p-value of a number of them is exactly beta-binomial; with tied
    values it errs to the safe side.
    """

    name: ClassVar[str] = "out_of_range"
    title: ClassVar[str] = "values outside the baseline's range"

    def examine(self, profile: Profile, window: Values) -> Measure | None:
        """The share; None for categories and without values."""
        from scipy.stats import betabinom  # noqa: PLC0415 - takes a second to import

        limits = profile.limits
        if limits is None or not len(window.present):
            return None
        low, high = limits
        outside = int(((window.present < low) | (window.present > high)).sum())
        if outside == 0:
            return Measure(0.0, 1.0)
        seen = max(len(profile.values.present) - 1, 1)
        chance = betabinom.sf(outside - 1, len(window.present), 2, seen)
        return Measure(outside / len(window.present), float(chance))
