"""Bodies of SageMaker's runtime API, by their media type, between bytes and tensors. Pure.

Source: AWS documentation, "Common data formats for inference" and "InvokeEndpoint"; a row of
text/csv is one line, with a line of names above them where the type says `header=present`.
"""

import csv
import io
import math
from collections.abc import Callable, Mapping
from itertools import chain, islice
from typing import Any

import numpy as np
import orjson

from core.dtypes import DataType
from core.errors import MalformedRequest, PayloadTooLarge, UnsupportedMediaType
from core.signature import Signature
from core.tensor import InferRequest, InferResponse, Tensor
from gateway.npy import read_npy, write_npy
from gateway.rows import MAX_ROWS, describe_fields, read_inputs, read_rows, write_rows

JSON, CSV, LINES, NPY = "application/json", "text/csv", "application/jsonlines", "application/x-npy"
_WILDCARDS = {"*/*": JSON, "application/*": JSON, "text/*": CSV}
_TRUTH = {"true": True, "false": False, "1": True, "0": False}
# How a type's values stand in a line of CSV; the others are whole numbers.
_PARSERS: Mapping[DataType, Callable[[str], Any]] = {
    DataType.BOOL: lambda text: _TRUTH[text.strip().lower()],
    DataType.BYTES: str,
    **dict.fromkeys((DataType.FP16, DataType.BF16, DataType.FP32, DataType.FP64), float),
}


def read_body(
    content_type: str, body: bytes, signature: Signature, limit_bytes: int
) -> InferRequest:
    """The request in a body; a missing content type is JSON's.

    Raises MalformedRequest, PayloadTooLarge, SignatureMismatch, UnsupportedMediaType.
    """
    if len(body) > limit_bytes:
        raise PayloadTooLarge(limit_bytes)
    media_type, parameters = _split_type(content_type or JSON)
    match media_type:
        case "application/json":
            return InferRequest(_read_json(body, signature))
        case "text/csv":
            headed = parameters.get("header") == "present"
            return InferRequest(_read_csv(body, signature, headed=headed))
        case "application/jsonlines":
            return InferRequest(_read_lines(body, signature))
        case "application/x-npy":
            return InferRequest((read_npy(body, signature),))
        case _:
            raise UnsupportedMediaType(media_type)


def write_body(accept: str, response: InferResponse, signature: Signature) -> tuple[bytes, bytes]:
    """The content type and the body of an answer; raises UnsupportedMediaType, MalformedRequest."""
    match choose_type(accept):
        case "text/csv":
            return CSV.encode(), _write_csv(response)
        case "application/jsonlines":
            rows = write_rows(response.outputs, signature)
            return LINES.encode(), b"".join([orjson.dumps(row) + b"\n" for row in rows])
        case "application/x-npy":
            return NPY.encode(), write_npy(response)
        case _:
            predictions = write_rows(response.outputs, signature)
            return JSON.encode(), orjson.dumps({"predictions": predictions})


def choose_type(accept: str) -> str:
    """The media type that an `Accept` header likes best; JSON where it is empty.

    Raises UnsupportedMediaType, so a caller can be refused before anything is computed.
    """
    ranges = [_split_type(part) for part in (accept.strip() or JSON).split(",")]
    ranges.sort(key=lambda one: -_read_quality(one[1]))
    for media_type, parameters in ranges:
        known = _WILDCARDS.get(media_type, media_type)
        if known in (JSON, CSV, LINES, NPY) and _read_quality(parameters) > 0:
            return known
    raise UnsupportedMediaType(accept)


def _split_type(text: str) -> tuple[str, Mapping[str, str]]:
    media_type, *rest = text.split(";")
    pairs = (one.partition("=") for one in rest)
    parameters = {
        name.strip().lower(): value.strip().strip('"').lower() for name, _, value in pairs
    }
    return media_type.strip().lower(), parameters


def _read_quality(parameters: Mapping[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 0.0


def _parse_json(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise MalformedRequest(f"failed to parse the request JSON: {error}") from error


def _read_json(body: bytes, signature: Signature) -> tuple[Tensor, ...]:
    match _parse_json(body):
        case list(rows):
            return read_rows(rows, signature)
        case {"rows": rows, **rest} | {"instances": rows, **rest} if not rest:
            return read_rows(rows, signature)
        case {"inputs": inputs, **rest} if not rest:
            return read_inputs(inputs, signature)
        case dict(document):
            given = describe_fields(document)
            raise MalformedRequest(f"send one of 'instances', 'rows' and 'inputs', given {given}")
        case _:
            raise MalformedRequest("the request must be a JSON object or a list of rows")


def _read_lines(body: bytes, signature: Signature) -> tuple[Tensor, ...]:
    # One more piece than rows are allowed, and the rest after it; blank lines count towards them.
    lines = body.strip().split(b"\n", MAX_ROWS)
    if len(lines) > MAX_ROWS:
        raise MalformedRequest(f"a request has at most {MAX_ROWS} lines")
    return read_rows([_parse_json(line) for line in lines if line.strip()], signature)


def _read_csv(body: bytes, signature: Signature, *, headed: bool) -> tuple[Tensor, ...]:
    lines = _split_csv(body)
    header = lines.pop(0) if headed and lines else []
    if len(set(header)) != len(header):
        raise MalformedRequest("a column's name stands twice in the header")
    first = signature.inputs[0]
    is_table = len(signature.inputs) == 1 and len(first.shape) >= 2
    if is_table:
        kinds = [first.datatype] * len(header or (lines[0] if lines else []))
        header = header if first.features else []
    else:
        known = {spec.name: spec.datatype for spec in signature.inputs}
        kinds = [known.get(name, DataType.BYTES) for name in header or known]
    rows: list[Any] = [_read_fields(line, kinds) for line in lines]
    if header:  # names order the values
        rows = [dict(zip(header, row, strict=True)) for row in rows]
    return read_rows(rows, signature)


def _split_csv(body: bytes) -> list[list[str]]:
    try:
        text = io.StringIO(body.decode("utf-8-sig"), newline="")
        # Blank lines are no rows; a header may stand above all the rows that are allowed.
        return list(islice(filter(None, csv.reader(text, strict=True)), MAX_ROWS + 2))
    except (UnicodeDecodeError, csv.Error) as error:
        detail = f"failed to parse the request CSV: {str(error)[:200]}"
        raise MalformedRequest(detail) from error


def _read_fields(line: list[str], kinds: list[DataType]) -> list[Any]:
    if len(line) != len(kinds):
        raise MalformedRequest(f"a line must have {len(kinds)} values, given {len(line)}")
    try:
        return [_PARSERS.get(kind, int)(text) for kind, text in zip(kinds, line, strict=True)]
    except (ValueError, KeyError) as error:
        detail = f"a value is not of {', '.join(dict.fromkeys(kinds))}: {str(error)[:80]}"
        raise MalformedRequest(detail) from error


def _write_csv(response: InferResponse) -> bytes:
    rows = min((one.shape[0] for one in response.outputs if one.shape), default=1)
    columns = [_flatten(one, rows) for one in response.outputs]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(list(chain.from_iterable(parts)) for parts in zip(*columns, strict=True))
    return text.getvalue().encode()


def _flatten(tensor: Tensor, rows: int) -> list[list[Any]]:
    """The values of each row in one list; what has no rows is said for each of them."""
    if not tensor.shape:
        table = np.broadcast_to(tensor.array, (rows, 1))
    else:
        table = tensor.array[:rows].reshape(rows, math.prod(tensor.shape[1:]))
    if tensor.datatype is DataType.BYTES:
        return [[value.decode(errors="replace") for value in row] for row in table.tolist()]
    values: list[list[Any]] = table.tolist()
    return values
