"""Checks: what is wrong with a window beside the shape of its distributions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from core.plugins import load
from monitor.metric import Measure

if TYPE_CHECKING:
    # For a client that only writes a spec: the baseline needs pyarrow, which takes long to import.
    from monitor.baseline import Profile, Values


class Check(Protocol):
    """Looks at one feature; pure, called once for each feature and run."""

    @property
    def name(self) -> str:
        """Its name in CHECKS."""
        ...

    @property
    def title(self) -> str:
        """What its value is, for people."""
        ...

    def examine(self, profile: "Profile", window: "Values") -> Measure | None:
        """The share of rows at fault beyond what the baseline has, and the chance of so many.

        None where the check does not apply to this kind of feature. Both sides have rows.
        """
        ...


CHECKS: Mapping[str, str] = {
    "missing_values": "monitor.checks.missing_values:MissingValues",
    "unknown_categories": "monitor.checks.unknown_categories:UnknownCategories",
    "out_of_range": "monitor.checks.out_of_range:OutOfRange",
}


def load_check(name: str) -> Check:
    """The check of this name; raises NotFound."""
    check: Check = load("check", CHECKS, name)()
    return check
