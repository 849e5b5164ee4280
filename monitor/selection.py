"""Which features a monitor compares, and as what."""

from core.spec import Spec


class FeatureChoice(Spec):
    """Which features are compared (all when `include` is empty), and as what.

    `categorical` and `numeric` overrule what the baseline's values suggest.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()

    def takes(self, name: str) -> bool:
        """Whether the feature is compared."""
        return name not in self.exclude and (not self.include or name in self.include)
