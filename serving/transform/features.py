"""Between tables and tensors: a model's inputs from columns, columns from its outputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from capture.columns import column_names
from core.dtypes import DataType
from core.errors import InvalidSpec
from core.signature import Signature, TensorSpec
from core.tensor import Array
from serving.transform.part import Fault, Loaded, Part

_FLOATS = (DataType.FP16, DataType.BF16, DataType.FP32, DataType.FP64)


@dataclass(frozen=True, slots=True, eq=False)
class Extracted:
    """Tensors of all rows, and for each row that has none why (by its place); those rows hold zeros."""

    inputs: dict[str, Array]
    faults: dict[int, str]


def find_columns(signature: Signature, names: list[str]) -> dict[str, tuple[str, ...]]:
    """The columns of each input: its features, or its own name, or `name.0`, `name.1`, ...

    Raises InvalidSpec for a model that takes no rows, and for columns that are not there.
    """
    if not signature.batched:
        raise InvalidSpec("transform", {"model": "it takes one request at a time, not rows"})
    found: dict[str, tuple[str, ...]] = {}
    for spec in signature.inputs:
        columns = _columns_of(spec, names)
        missing = [name for name in columns if name not in names]
        if missing and not spec.optional:
            listed = ", ".join(repr(name) for name in missing[:10])
            raise InvalidSpec("transform", {"input": f"no column {listed} for '{spec.name}'"})
        if not missing:
            found[spec.name] = columns
    return found


def extract(table: pa.Table, signature: Signature) -> Extracted:
    """The model's inputs for each row of the table; raises InvalidSpec as `find_columns` does."""
    found = find_columns(signature, table.column_names)
    inputs: dict[str, Array] = {}
    faults: dict[int, str] = {}
    for spec in signature.inputs:
        if spec.name in found:
            columns = [table.column(name) for name in found[spec.name]]
            inputs[spec.name] = _read(spec, found[spec.name], columns, faults)
    return Extracted(inputs, faults)


def load_table(
    part: Part, table: pa.Table, signature: Signature, rows: Array, faults: Sequence[Fault] = ()
) -> Loaded:
    """The table as a loaded part, without the rows that have a fault; `rows` numbers its rows.

    Raises InvalidSpec as `find_columns` does.
    """
    found = extract(table, signature)
    bad = [
        Fault(int(rows[place]), part.file, reason) for place, reason in sorted(found.faults.items())
    ]
    whole = Loaded(table, found.inputs, rows)
    if bad:
        good = np.ones(len(rows), np.bool_)
        good[list(found.faults)] = False
        whole = whole.take(np.flatnonzero(good))
    return Loaded(whole.kept, whole.inputs, whole.rows, (*faults, *bad))


def write_columns(
    outputs: dict[str, Array], signature: Signature, taken: list[str]
) -> dict[str, pa.Array]:
    """Columns of the outputs: class names where there are labels, one column for each value of a row.

    A name that the input has already gets `output.` before it.
    """
    columns: dict[str, pa.Array] = {}
    for spec in signature.outputs:
        flat = outputs[spec.name].reshape(outputs[spec.name].shape[0], -1)
        for index, name in enumerate(_output_names(spec, flat.shape[1])):
            place = name if name not in taken else f"output.{name}"
            columns[place] = _write(spec, flat[:, index], flat.shape[1])
    return columns


def _columns_of(spec: TensorSpec, names: list[str]) -> tuple[str, ...]:
    if spec.features:
        return spec.features
    width = int(np.prod(spec.shape[1:]))
    if spec.name in names or width <= 1:
        return (spec.name,)
    return column_names(spec, width)


def _read(
    spec: TensorSpec, names: tuple[str, ...], columns: list[pa.ChunkedArray], faults: dict[int, str]
) -> Array:
    if len(columns) == 1 and pa.types.is_list(columns[0].type):
        return _read_lists(spec, names[0], columns[0], faults)
    read = [
        _read_scalars(spec, name, column, faults)
        for name, column in zip(names, columns, strict=True)
    ]
    rows = len(columns[0])
    return np.stack(read, axis=1).reshape(_shape(spec, rows, len(read)))


def _shape(spec: TensorSpec, rows: int, width: int) -> tuple[int, ...]:
    tail = spec.shape[1:]
    return (rows, *(width if dim < 0 else dim for dim in tail))


def _read_scalars(
    spec: TensorSpec, name: str, column: pa.ChunkedArray, faults: dict[int, str]
) -> Array:
    if spec.datatype is DataType.BYTES:
        return _read_bytes(column)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.utf8_trim_whitespace(column)
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
    try:
        values = column.cast(_arrow_type(spec))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        values = _cast_each(spec, name, column, faults)
    if values.null_count and spec.datatype not in _FLOATS:
        for place in np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False)).tolist():
            faults.setdefault(place, f"column '{name}': {spec.datatype} is missing")
    # What is missing among floats is NaN, as models that take missing values have it.
    filled = values.fill_null(float("nan") if spec.datatype in _FLOATS else 0)
    return np.asarray(filled.to_numpy()).astype(spec.datatype.numpy)


def _cast_each(
    spec: TensorSpec, name: str, column: pa.ChunkedArray, faults: dict[int, str]
) -> pa.Array:
    kind = _arrow_type(spec)
    values: list[object] = []
    for place, given in enumerate(column.to_pylist()):
        try:
            values.append(pa.scalar(given).cast(kind).as_py() if given is not None else None)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
            faults.setdefault(
                place, f"column '{name}': expected {spec.datatype}, given {str(given)[:80]!r}"
            )
            values.append(0)
    return pa.array(values, kind)


def _arrow_type(spec: TensorSpec) -> pa.DataType:
    if spec.datatype in (DataType.FP16, DataType.BF16):
        return pa.float32()
    return pa.from_numpy_dtype(spec.datatype.numpy)


def _read_bytes(column: pa.ChunkedArray) -> Array:
    values = column.to_pylist()
    out = np.empty(len(values), np.object_)
    out[:] = [
        b"" if value is None else value if isinstance(value, bytes) else str(value).encode()
        for value in values
    ]
    return out


def _read_lists(
    spec: TensorSpec, name: str, column: pa.ChunkedArray, faults: dict[int, str]
) -> Array:
    shape = _shape(spec, 1, 0)[1:]
    lists = column.to_pylist()
    free = [dim for dim in spec.shape[1:] if dim < 0]
    width = int(np.prod(shape)) if not free else max((len(one or ()) for one in lists), default=0)
    shape = tuple(width if dim < 0 else dim for dim in spec.shape[1:])
    out = np.zeros((len(lists), *shape), spec.datatype.numpy)
    for place, values in enumerate(lists):
        try:
            out[place] = np.asarray(values, spec.datatype.numpy).reshape(shape)
        except (ValueError, TypeError):
            count = 0 if values is None else len(values)
            faults.setdefault(
                place, f"column '{name}': expected {spec.described}, given {count} values"
            )
    return out


def _output_names(spec: TensorSpec, width: int) -> tuple[str, ...]:
    if width > 1 and len(spec.labels) == width:
        return tuple(f"{spec.name}.{label}" for label in spec.labels)
    return column_names(spec, width)


def _write(spec: TensorSpec, values: Array, width: int) -> pa.Array:
    if spec.datatype is DataType.BYTES:
        return pa.array([value.decode(errors="replace") for value in values.tolist()])
    if spec.datatype is DataType.BF16:
        return pa.array(values.astype(np.float32))
    if width == 1 and spec.labels and values.dtype.kind in "iu":
        known = len(spec.labels)
        named = [spec.labels[at] if 0 <= at < known else str(at) for at in values.tolist()]
        return pa.array(named)
    return pa.array(np.ascontiguousarray(values))
