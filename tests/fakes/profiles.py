"""Profiles and values of plain lists."""

from collections.abc import Sequence

import pyarrow as pa

from monitor.baseline import Profile, Values, profile_sample, read_values
from monitor.selection import FeatureChoice

Cells = Sequence[float | str | None]


def profile_of(cells: Cells, **choice: tuple[str, ...]) -> Profile:
    """The profile of a feature `x`."""
    return profile_sample("x", pa.chunked_array([pa.array(cells)]), FeatureChoice(**choice))


def values_of(profile: Profile, cells: Cells) -> Values:
    """The cells as a window's values of the profile's kind."""
    return read_values(pa.chunked_array([pa.array(cells)]), profile.kind)
