"""The baseline: a reference sample, profiled feature by feature."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.tensor import Array
from monitor.metric import Kind, Pair
from monitor.selection import FeatureChoice

BINS = 10
# A number of so few different values, each seen this often on average, is a code and not a quantity.
_MAX_CODES = 10
_LEAST_PER_CODE = 10


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """One column: its `present` values (finite float64, or str objects), and how many are missing.

    Missing are null, NaN, infinities and the empty text.
    """

    kind: Kind
    present: Array
    missing: int

    @property
    def rows(self) -> int:
        """All rows, missing ones included."""
        return len(self.present) + self.missing

    @property
    def missing_share(self) -> float:
        """The share of missing rows; 0 for no rows."""
        return self.missing / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One feature of the reference sample.

    NUMERIC: `edges` part the values into at most BINS bins (low, high] of about equal counts, open
    at both ends. CATEGORICAL: `categories` are its values, sorted.
    """

    name: str
    values: Values
    edges: Array
    categories: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        """How the feature is compared."""
        return self.values.kind

    @property
    def limits(self) -> tuple[float, float] | None:
        """The smallest and the largest value; None without values or for categories."""
        present = self.values.present
        if self.kind is Kind.CATEGORICAL or not len(present):
            return None
        return float(present.min()), float(present.max())

    def pair(self, window: Values) -> Pair:
        """Both sides' values and counts; `window` has the profile's kind."""
        baseline = self.values.present
        if self.kind is Kind.NUMERIC:
            counts = [self._count_bins(side) for side in (baseline, window.present)]
        else:
            names = np.union1d(np.array(self.categories, np.object_), window.present)
            counts = [_count_names(side, names) for side in (baseline, window.present)]
        return Pair(self.kind, baseline, window.present, counts[0], counts[1])

    def _count_bins(self, values: Array) -> Array:
        return np.bincount(np.searchsorted(self.edges, values), minlength=len(self.edges) + 1)


def profile_sample(name: str, column: pa.ChunkedArray, choice: FeatureChoice) -> Profile:
    """Profile one column of the sample, as the kind that the choice or its values suggest."""
    values = read_values(column, infer_kind(name, column, choice))
    if values.kind is Kind.CATEGORICAL:
        categories = tuple(str(name) for name in np.unique(values.present))
        return Profile(name, values, np.empty(0), categories)
    edges = np.empty(0)
    if len(values.present):
        edges = np.unique(np.quantile(values.present, np.linspace(0, 1, BINS + 1)[1:-1]))
    return Profile(name, values, edges, ())


def infer_kind(name: str, column: pa.ChunkedArray, choice: FeatureChoice) -> Kind:
    """What the choice says, else categories for texts, truths and numbers of few different values."""
    is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if name in choice.categorical or not is_number:
        return Kind.CATEGORICAL
    if name in choice.numeric:
        return Kind.NUMERIC
    different = pc.count_distinct(column, mode="only_valid").as_py()
    is_code = 0 < different <= min(_MAX_CODES, len(column) // _LEAST_PER_CODE)
    return Kind.CATEGORICAL if is_code else Kind.NUMERIC


def read_values(column: pa.ChunkedArray, kind: Kind) -> Values:
    """The column's values as this kind; raises pyarrow's ArrowInvalid for texts as numbers."""
    kept = column.drop_null()
    if kind is Kind.NUMERIC:
        numbers = kept.cast(pa.float64(), safe=False).to_numpy()
        present = numbers[np.isfinite(numbers)]
    else:
        present = _read_names(kept)
    return Values(kind, present, len(column) - len(present))


def _read_names(column: pa.ChunkedArray) -> Array:
    if pa.types.is_floating(column.type):
        column = column.filter(pc.is_finite(column))
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    # At least one place, so that an empty column can be looked up too.
    names: Array = np.array([*map(_name, encoded.dictionary.to_pylist()), ""], np.object_)
    present = names[encoded.indices.to_numpy()]
    kept: Array = present[present != ""]
    return kept


def _name(value: Any) -> str:
    # 1.0 and 1 are one category: which of them it is depends on the tensor's type only.
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if is_whole else str(value)


def _count_names(values: Array, names: Array) -> Array:
    return np.bincount(np.searchsorted(names, values), minlength=len(names))
