"""One tensor of many records, decoded in bulk into a matrix of their rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.dtypes import DataType
from core.elements import from_binary
from core.signature import TensorSpec
from core.tensor import Array

MAX_WIDTH = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Which rows each record has: record i holds `counts[i]` rows from `starts[i]` on.

    `is_batched`: a tensor's first dimension is those rows; otherwise each record is one row.
    """

    counts: Array
    starts: Array
    is_batched: bool

    @classmethod
    def of(cls, rows: Array, *, is_batched: bool) -> "Layout":
        """The layout of records with these numbers of rows."""
        counts = rows.astype(np.int64) if is_batched else np.ones(len(rows), np.int64)
        return cls(counts, np.cumsum(counts) - counts, is_batched)

    @property
    def total(self) -> int:
        """Rows of all records."""
        return int(self.counts.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """`values` is [found rows, width]; `places` are their row numbers, None where every row is found."""

    values: Array
    places: Array | None


def read_matrix(tensors: pa.ListArray, spec: TensorSpec, layout: Layout) -> Matrix | str:
    """The rows of one tensor in all records, or in words why it cannot stand as columns.

    A record without the tensor, or with another type or number of rows than it should have, has
    none of the rows.
    """
    parents, shapes, data = _select(tensors, spec)
    heads = shapes[:, 0] if layout.is_batched else np.ones(len(shapes), np.int64)
    widths = np.prod(shapes[:, 1:] if layout.is_batched else shapes, axis=1, dtype=np.int64)
    fits = heads == layout.counts[parents]
    if not fits.all():
        parents, widths, data = parents[fits], widths[fits], data.filter(pa.array(fits))
    width = int(widths[0]) if len(widths) else _declared_width(spec, layout)
    if len(widths) and (widths != width).any():
        return "its length differs between requests"
    if width > MAX_WIDTH:
        return f"{width} values per row are more than {MAX_WIDTH}"
    counts = layout.counts[parents]
    values = _decode(spec.datatype, int(counts.sum()) * width, data).reshape(-1, width)
    if len(parents) == len(layout.counts):
        return Matrix(values, None)
    return Matrix(values, _places(layout.starts[parents], counts))


def _select(tensors: pa.ListArray, spec: TensorSpec) -> tuple[Array, Array, pa.BinaryArray]:
    """Of each record's tensor of this name and type: the record's index, the shape, the bytes."""
    parents = pc.list_parent_indices(tensors).to_numpy()
    names, datatypes, shapes, data = tensors.flatten().flatten()
    rank = len(spec.shape)
    wanted = pc.and_(pc.equal(names, spec.name), pc.equal(datatypes, str(spec.datatype)))
    wanted = pc.and_(wanted, pc.equal(pc.list_value_length(shapes), rank))
    dims = shapes.filter(wanted).flatten().to_numpy().reshape(-1, rank)
    return parents[wanted.to_numpy(zero_copy_only=False)], dims, data.filter(wanted)


def _declared_width(spec: TensorSpec, layout: Layout) -> int:
    dims = spec.shape[1:] if layout.is_batched else spec.shape
    return max(int(np.prod(dims, dtype=np.int64)), 0)


def _decode(datatype: DataType, count: int, data: pa.BinaryArray) -> Array:
    _, offsets, buffer = data.buffers()
    ends = np.frombuffer(offsets, np.int32)[data.offset : data.offset + len(data) + 1]
    raw = memoryview(buffer or b"")[int(ends[0]) : int(ends[-1])] if len(data) else memoryview(b"")
    return from_binary("captured tensor", datatype, (count,), raw)


def _places(starts: Array, counts: Array) -> Array:
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    within = np.arange(total) - np.repeat(ends - counts, counts)
    places: Array = np.repeat(starts, counts) + within
    return places


def spread(column: Array, places: Array | None, total: int) -> pa.Array:
    """A column of `total` rows with the values at their places and null elsewhere."""
    values, kind = _as_arrow(column)
    if places is None:
        return pa.array(values, kind)
    whole: Any = np.zeros(total, values.dtype)
    missing = np.ones(total, np.bool_)
    whole[places], missing[places] = values, False
    return pa.array(whole, kind, mask=missing)


def _as_arrow(column: Array) -> tuple[Array, pa.DataType | None]:
    if column.dtype.kind == "O":
        texts = np.empty(len(column), np.object_)
        texts[:] = [element.decode(errors="replace") for element in column.tolist()]
        return texts, pa.string()
    # Arrow has no bfloat16, and half floats are hard to compute with.
    is_small = column.dtype.itemsize == 2 and column.dtype.kind not in "iu"
    return (column.astype(np.float32) if is_small else np.ascontiguousarray(column)), None
