"""Categories that the baseline does not have."""

from typing import ClassVar

import numpy as np

from monitor.baseline import Profile, Values
from monitor.metric import Kind, Measure


class UnknownCategories:
    """The share of present values that are none of the baseline's categories.

    A sample misses rare categories: what it misses is about as much as what it saw once only (Good,
    "The population frequencies of species", 1953). The p-value is of so many unknown ones by a
    beta-binomial distribution around that.
    """

    name: ClassVar[str] = "unknown_categories"
    title: ClassVar[str] = "values of unknown categories"

    def examine(self, profile: Profile, window: Values) -> Measure | None:
        """The share; None for numbers and without values."""
        from scipy.stats import betabinom  # noqa: PLC0415 - takes a second to import

        baseline = profile.values.present
        if profile.kind is not Kind.CATEGORICAL or not len(window.present) or not len(baseline):
            return None
        known = np.array(profile.categories, np.object_)
        unknown = int((~np.isin(window.present, known)).sum())
        if unknown == 0:
            return Measure(0.0, 1.0)
        _, counts = np.unique(baseline, return_counts=True)
        once = int((counts == 1).sum())
        chance = betabinom.sf(
            unknown - 1, len(window.present), once + 1, max(len(baseline) - once, 1)
        )
        return Measure(unknown / len(window.present), float(chance))
