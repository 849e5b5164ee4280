"""Rows of plain JSON, between people's forms and tensors by a signature. Pure.

A row is an object of named features or a list of values. Where the model has one 2-D input, a row is
one line of it; else each input is a column and a row has one value for each.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.dtypes import DataType
from core.elements import from_json
from core.errors import MalformedRequest, SignatureMismatch
from core.signature import Signature, TensorSpec
from core.tensor import Tensor

MAX_ROWS = 1_000_000


def read_rows(rows: object, signature: Signature) -> tuple[Tensor, ...]:
    """Tensors of the rows; raises MalformedRequest, and SignatureMismatch naming the feature."""
    if not isinstance(rows, list) or not 0 < len(rows) <= MAX_ROWS:
        raise MalformedRequest(f"'rows' must be a list of 1 to {MAX_ROWS} rows")
    table = len(signature.inputs) == 1 and len(signature.inputs[0].shape) >= 2
    return _read_table(rows, signature.inputs[0]) if table else _read_columns(rows, signature)


def read_inputs(inputs: object, signature: Signature) -> tuple[Tensor, ...]:
    """Tensors of `{name: nested list}`; shapes are those of the lists."""
    if not isinstance(inputs, dict):
        raise MalformedRequest("'inputs' must be an object of input names")
    tensors: list[Tensor] = []
    for name, values in inputs.items():
        spec = signature.input(name)
        if spec is None:
            known = ", ".join(f"'{one.name}'" for one in signature.inputs)
            raise SignatureMismatch(name, f"one of the inputs {known}", "an unknown input")
        shape = _shape_of(values)
        tensors.append(Tensor(name, spec.datatype, from_json(name, spec.datatype, shape, values)))
    return tuple(tensors)


def write_rows(outputs: Sequence[Tensor], signature: Signature) -> list[dict[str, Any]]:
    """One object for each row, with a value for each output; NaN and infinities become null.

    Probabilities of labelled classes become an object by label; a class index becomes its label.
    """
    rows = min((tensor.shape[0] for tensor in outputs if tensor.shape), default=1)
    labels = {spec.name: spec.labels for spec in signature.outputs}
    columns = {
        tensor.name: _write_column(tensor, labels.get(tensor.name, ())) for tensor in outputs
    }
    return [{name: column[row] for name, column in columns.items()} for row in range(rows)]


def _read_table(rows: list[Any], spec: TensorSpec) -> tuple[Tensor, ...]:
    if isinstance(rows[0], dict):
        rows = [_order_row(row, spec.features, spec) for row in rows]
    shape = (len(rows), *_shape_of(rows[0]))
    return (Tensor(spec.name, spec.datatype, from_json(spec.name, spec.datatype, shape, rows)),)


def _read_columns(rows: list[Any], signature: Signature) -> tuple[Tensor, ...]:
    names = tuple(spec.name for spec in signature.inputs)
    ordered = [_order_row(row, names, signature.inputs[0]) for row in rows]
    tensors: list[Tensor] = []
    for index, spec in enumerate(signature.inputs):
        shape = (len(rows), 1) if len(spec.shape) == 2 else (len(rows),)
        column = [row[index] for row in ordered]
        tensors.append(
            Tensor(spec.name, spec.datatype, from_json(spec.name, spec.datatype, shape, column))
        )
    return tuple(tensors)


def _order_row(row: Any, names: tuple[str, ...], spec: TensorSpec) -> list[Any]:
    if isinstance(row, list):
        if len(row) != len(names):
            raise SignatureMismatch(
                spec.name, f"{len(names)} values in a row", f"{len(row)} values"
            )
        return row
    if not isinstance(row, dict):
        raise MalformedRequest("a row must be an object of features or a list of values")
    if not names:
        raise MalformedRequest("this model's features have no names; send rows as lists")
    unknown = next((name for name in row if name not in names), None)
    if unknown is not None:
        raise SignatureMismatch(unknown, "a feature of the model", "an unknown feature")
    missing = next((name for name in names if name not in row), None)
    if missing is not None:
        raise SignatureMismatch(missing, f"a value of {spec.datatype}", "nothing")
    return [row[name] for name in names]


def _shape_of(values: Any) -> tuple[int, ...]:
    shape: list[int] = []
    while isinstance(values, list):
        if len(shape) == 32:
            raise MalformedRequest("lists are nested too deep")
        shape.append(len(values))
        values = values[0] if values else None
    return tuple(shape)


def _write_column(tensor: Tensor, labels: tuple[str, ...]) -> list[Any]:
    if tensor.datatype is DataType.BYTES:
        values = _decode(tensor.array.tolist())
    elif tensor.datatype is DataType.BF16:
        values = _clean(tensor.array.astype("f4").tolist())
    else:
        values = _clean(tensor.array.tolist())
    if not isinstance(values, list):
        return [values]
    if not labels:
        return values
    return [_name_classes(value, labels) for value in values]


def _name_classes(value: Any, labels: tuple[str, ...]) -> Any:
    if isinstance(value, list) and len(value) == len(labels):
        return dict(zip(labels, value, strict=True))
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(labels):
        return labels[value]
    return value


def _clean(value: Any) -> Any:
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(inner) for inner in value]
    return value.decode(errors="replace")


def describe_fields(document: Mapping[str, Any]) -> str:
    """The fields of a document, for an error's text."""
    return ", ".join(sorted(str(name)[:40] for name in document)) or "nothing"
