"""Correction for many tests at once."""

from collections.abc import Sequence


def correct(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's step-down adjustment: the chance of even one false rejection stays at each level.

    It holds whatever the tests have to do with one another. Source: Holm, "A simple sequentially
    rejective multiple test procedure", 1979.
    """
    count, highest = len(p_values), 0.0
    adjusted = [0.0] * count
    for rank, index in enumerate(sorted(range(count), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (count - rank) * p_values[index]))
        adjusted[index] = highest
    return tuple(adjusted)
