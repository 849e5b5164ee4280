"""Whether two models gave the same answer. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.tensor import Array, Tensor


@dataclass(frozen=True, slots=True)
class Agreement:
    """One output of two models: rows compared, rows that agree, and the largest difference of numbers.

    `largest` is 0 where values are not numbers, and infinite where they cannot be compared: an output is
    missing, has another shape, or one of two values is not finite.
    """

    rows: int = 0
    agreed: int = 0
    largest: float = 0.0

    def __add__(self, other: "Agreement") -> "Agreement":
        """Both together."""
        largest = max(self.largest, other.largest)
        return Agreement(self.rows + other.rows, self.agreed + other.agreed, largest)


def compare_outputs(
    live: Iterable[Tensor], other: Sequence[Tensor], rtol: float, atol: float
) -> dict[str, Agreement]:
    """How each output of the live answer compares with the same output of the other one.

    Numbers agree within the tolerances, as numpy's `isclose` with NaN equal to NaN; all else must be
    equal. A row agrees where all its values do; an output that is missing or of another shape, in none.
    """
    answered = {tensor.name: tensor.array for tensor in other}
    return {
        tensor.name: _compare(tensor.array, answered.get(tensor.name), rtol, atol)
        for tensor in live
    }


def _compare(live: Array, other: Array | None, rtol: float, atol: float) -> Agreement:
    rows = live.shape[0] if live.ndim else 1
    if other is None or other.shape != live.shape:
        return Agreement(rows, 0, math.inf)
    if live.dtype.kind == "f" and other.dtype.kind == "f":
        a, b = live.astype(np.float64), other.astype(np.float64)
        same = np.isclose(b, a, rtol=rtol, atol=atol, equal_nan=True)
        with np.errstate(invalid="ignore"):
            gaps = np.where(same, 0.0, np.nan_to_num(np.abs(a - b), nan=math.inf, posinf=math.inf))
        largest = float(np.max(gaps, initial=0.0))
    else:
        same, largest = np.asarray(live == other), 0.0
    agreed = same.reshape(rows, -1).all(axis=1) if rows else same
    return Agreement(rows, int(np.count_nonzero(agreed)), largest)
