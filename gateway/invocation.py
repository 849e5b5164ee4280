"""Bodies of SageMaker's runtime: JSON, CSV, JSON Lines and NumPy's own form, to tensors and back. Pure."""

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import orjson

from core.dtypes import DataType
from core.elements import from_json
from core.errors import MalformedRequest, SignatureMismatch, UnsupportedMediaType
from core.signature import Signature, TensorSpec
from core.tensor import Array, InferRequest, InferResponse, Tensor
from gateway.rows import MAX_ROWS, read_inputs, read_rows, write_rows

JSON = "application/json"
CSV = "text/csv"
LINES = "application/jsonlines"
NPY = "application/x-npy"
# Names that people write for the same.
_SAME = {
    "application/jsonlines": LINES,
    "application/x-jsonlines": LINES,
    "application/x-ndjson": LINES,
}
_MAX_FIELD_CHARS = 2**20
_FIELDS = frozenset({"rows", "instances", "inputs"})
Read = Callable[[bytes, str, Signature], tuple[Tensor, ...]]


def read_body(content_type: str, body: bytes, signature: Signature) -> InferRequest:
    """The request in a body; raises UnsupportedMediaType, MalformedRequest, SignatureMismatch."""
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    read = _READERS.get(_SAME.get(kind, kind))
    if read is None:
        raise UnsupportedMediaType(kind)
    return InferRequest(read(body, parameters.replace(" ", "").lower(), signature))


def write_body(accept: str, response: InferResponse, signature: Signature) -> tuple[bytes, bytes]:
    """The content type and the body that the caller accepts; raises UnsupportedMediaType."""
    for item in accept.split(",")[:20]:
        kind = item.partition(";")[0].strip().lower()
        if kind in ("", "*/*", "application/*"):
            kind = JSON
        write = _WRITERS.get(_SAME.get(kind, kind))
        if write is not None:
            return _SAME.get(kind, kind).encode(), write(response, signature)
    raise UnsupportedMediaType(accept)


def _read_json(body: bytes, _parameters: str, signature: Signature) -> tuple[Tensor, ...]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedRequest(f"failed to parse the request JSON: {error}") from error
    match document:
        case list():
            return read_rows(document, signature)
        case dict() if len(document) == 1 and (field := next(iter(document))) in _FIELDS:
            if field == "inputs":
                return read_inputs(document[field], signature)
            return read_rows(document[field], signature)
    raise MalformedRequest("send a list of rows, or one of 'rows', 'instances' and 'inputs'")


def _read_lines(body: bytes, _parameters: str, signature: Signature) -> tuple[Tensor, ...]:
    lines = [line for line in body.splitlines() if line.strip()]
    if len(lines) > MAX_ROWS:
        raise MalformedRequest(f"more than {MAX_ROWS} lines")
    try:
        rows = [orjson.loads(line) for line in lines]
    except orjson.JSONDecodeError as error:
        raise MalformedRequest(f"failed to parse a line of JSON: {error}") from error
    return read_rows([_open_line(row) for row in rows], signature)


def _open_line(row: Any) -> Any:
    """SageMaker's own algorithms write a line's values under `features`."""
    return row["features"] if isinstance(row, dict) and list(row) == ["features"] else row


def _read_csv(body: bytes, parameters: str, signature: Signature) -> tuple[Tensor, ...]:
    try:
        text = body.decode("utf-8-sig")
        previous = csv.field_size_limit(_MAX_FIELD_CHARS)
        try:
            lines = [line for line in csv.reader(io.StringIO(text), strict=True) if line]
        finally:
            csv.field_size_limit(previous)
    except (UnicodeDecodeError, csv.Error) as error:
        raise MalformedRequest(f"failed to parse the request CSV: {error}") from error
    names = lines.pop(0) if lines and "header=present" in parameters else None
    if not lines or len(lines) > MAX_ROWS:
        raise MalformedRequest(f"send 1 to {MAX_ROWS} lines of CSV")
    kinds = _column_kinds(signature, len(lines[0]))
    rows = [_read_cells(line, kinds) for line in lines]
    if names is None:
        return read_rows(rows, signature)
    if len(set(names)) != len(names) or any(len(row) != len(names) for row in rows):
        raise MalformedRequest("the CSV's lines do not fit its header")
    return read_rows([dict(zip(names, row, strict=True)) for row in rows], signature)


def _column_kinds(signature: Signature, columns: int) -> list[DataType]:
    if len(signature.inputs) == 1:
        return [signature.inputs[0].datatype] * columns
    return [spec.datatype for spec in signature.inputs]


def _read_cells(line: list[str], kinds: list[DataType]) -> list[Any]:
    if len(line) != len(kinds):
        raise MalformedRequest(f"a line of CSV has {len(line)} values, not {len(kinds)}")
    return [_read_cell(cell.strip(), kind) for cell, kind in zip(line, kinds, strict=True)]


def _read_cell(cell: str, kind: DataType) -> Any:
    if kind is DataType.BYTES:
        return cell
    try:
        if kind is DataType.BOOL:
            return {"true": True, "1": True, "false": False, "0": False}[cell.lower()]
        # An empty cell is a missing value, where the type has one.
        if kind.numpy.kind == "f":
            return float(cell) if cell else float("nan")
        return int(cell)
    except (KeyError, ValueError) as error:
        raise MalformedRequest(f"{cell[:40]!r} is no {kind}") from error


def _read_npy(body: bytes, _parameters: str, signature: Signature) -> tuple[Tensor, ...]:
    if len(signature.inputs) != 1:
        raise MalformedRequest(f"{NPY} holds one array, and the model takes several inputs")
    spec = signature.inputs[0]
    try:
        array = np.load(io.BytesIO(body), allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError) as error:
        raise MalformedRequest("the body is no array in NumPy's form") from error
    if not isinstance(array, np.ndarray):
        raise MalformedRequest(f"{NPY} holds one array, not an archive of several")
    return (Tensor(spec.name, spec.datatype, _cast(array, spec)),)


def _cast(array: Array, spec: TensorSpec) -> Array:
    """The array in the input's type, where that loses nothing but a float's precision."""
    wanted = spec.datatype
    if wanted is DataType.BYTES:
        values = array.ravel().tolist()
        return from_json(spec.name, wanted, array.shape, [str(value) for value in values])
    if not np.can_cast(array.dtype, wanted.numpy, "same_kind"):
        raise SignatureMismatch(spec.name, spec.described, f"an array of {array.dtype}")
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, wanted.numpy).reshape(array.shape)


def _write_json(response: InferResponse, signature: Signature) -> bytes:
    return orjson.dumps({"predictions": write_rows(response.outputs, signature)})


def _write_lines(response: InferResponse, signature: Signature) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in write_rows(response.outputs, signature))


def _write_csv(response: InferResponse, _signature: Signature) -> bytes:
    """A line for each row: the values of all outputs, in the signature's order."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = [_flatten(tensor) for tensor in response.outputs]
    writer.writerows(
        [value for column in row for value in column] for row in zip(*columns, strict=False)
    )
    return text.getvalue().encode()


def _flatten(tensor: Tensor) -> list[list[Any]]:
    array = tensor.array if tensor.shape else tensor.array.reshape(1)
    rows: list[list[Any]] = array.reshape(array.shape[0], -1).tolist()
    if tensor.datatype is DataType.BYTES:
        return [[value.decode("utf-8", "replace") for value in row] for row in rows]
    return rows


def _write_npy(response: InferResponse, _signature: Signature) -> bytes:
    """The first output alone: the form holds one array."""
    first = response.outputs[0]
    if first.datatype in (DataType.BYTES, DataType.BF16):
        raise UnsupportedMediaType(f"{NPY} of {first.datatype}")
    out = io.BytesIO()
    np.save(out, first.array, allow_pickle=False)
    return out.getvalue()


_READERS: Mapping[str, Read] = {
    JSON: _read_json, LINES: _read_lines, CSV: _read_csv, NPY: _read_npy
}  # fmt: skip
_WRITERS: Mapping[str, Callable[[InferResponse, Signature], bytes]] = {
    JSON: _write_json, LINES: _write_lines, CSV: _write_csv, NPY: _write_npy
}  # fmt: skip
