"""A part: rows of the input that are done, or not done, as one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from core.tensor import Array


@dataclass(frozen=True, slots=True)
class Part:
    """Rows from `first_row` on (counted over the whole input, from 0), and where they lie.

    `start` and `end` are bytes of a text file, row groups of a Parquet file, or places in a list of files.
    """

    index: int
    file: str
    start: int
    end: int
    first_row: int
    rows: int

    @property
    def name(self) -> str:
        """The stem of its files."""
        return f"part-{self.index:05d}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that was not answered, and why. `row` counts over the whole input."""

    row: int
    file: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A part in memory: columns to keep, tensors for the model, each row's number; one length all.

    Rows that could not be read are among the faults instead.
    """

    kept: pa.Table
    inputs: dict[str, Array]
    rows: Array
    faults: tuple[Fault, ...] = ()

    def take(self, places: Array) -> "Loaded":
        """These rows only."""
        return Loaded(
            self.kept.take(pa.array(places)),
            {name: array[places] for name, array in self.inputs.items()},
            self.rows[places],
        )


@dataclass(frozen=True, slots=True)
class PartResult:
    """What came of a part."""

    index: int
    rows: int
    faults: int
    seconds: float

    @classmethod
    def of(cls, document: dict[str, Any]) -> "PartResult":
        """From plain JSON."""
        return cls(**document)


def number_rows(part: Part, count: int) -> Array:
    """Row numbers of `count` rows from the part's first on."""
    return np.arange(part.first_row, part.first_row + count, dtype=np.int64)
