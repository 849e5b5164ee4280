"""The one byte form of requests and responses: Open Inference Protocol JSON, with binary tensors.

A message is a JSON header, followed by the raw bytes of its binary tensors in order. The header's
length travels beside the message (`Inference-Header-Content-Length`); without it the message is all
JSON. Source: Open Inference Protocol, REST; Triton's "Binary Tensor Data Extension".
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import orjson

from core import elements
from core.dtypes import DataType
from core.errors import MalformedRequest
from core.tensor import (
    NO_PARAMETERS,
    InferRequest,
    InferResponse,
    Parameter,
    RequestedOutput,
    Tensor,
)

Json = dict[str, Any]
Raw = bytes | memoryview
_WRITE = orjson.OPT_SERIALIZE_NUMPY
MAX_CLASSES = 2**16
# Both ways by plain strings: an enum's `value`, and its class when called, are slow.
_DATATYPES = {kind.value: kind for kind in DataType}
_NAMES = {kind: kind.value for kind in DataType}


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes to send. `header_length` is None when the body is JSON alone."""

    body: bytes
    header_length: int | None


def decode_request(body: bytes, header_length: int | None = None) -> InferRequest:
    """Read an inference request; raises MalformedRequest."""
    header, tail = _split(body, header_length)
    # Most requests of plain JSON hold nothing else.
    if len(header) == 1:
        return InferRequest(_read_tensors(header, "inputs", tail))
    parameters = _parameters(header, "request")
    for name in parameters:
        if name.startswith("triton_"):
            raise MalformedRequest(f"parameter '{name}' is reserved")
    return InferRequest(
        inputs=_read_tensors(header, "inputs", tail),
        outputs=tuple([_read_output(item) for item in _objects(header, "outputs")]),
        id=_text(header, "id"),
        binary_output=_flag(parameters, "binary_data_output") or False,
        parameters=parameters,
    )


def encode_request(request: InferRequest, *, binary_output: bool = True) -> Message:
    """Write a request with all tensors in binary, asking for binary outputs unless told otherwise."""
    descriptions, raws = _describe_binary(request.inputs)
    header: Json = {
        "parameters": {**request.parameters, "binary_data_output": binary_output},
        "inputs": descriptions,
    }
    if request.id:
        header["id"] = request.id
    if request.outputs:
        header["outputs"] = [_write_output(output) for output in request.outputs]
    return _join(header, raws)


def decode_response(body: bytes, header_length: int | None = None) -> InferResponse:
    """Read an inference response; raises MalformedRequest."""
    header, tail = _split(body, header_length)
    return InferResponse(
        model_name=_text(header, "model_name"),
        model_version=_text(header, "model_version"),
        outputs=_read_tensors(header, "outputs", tail),
        id=_text(header, "id"),
        parameters=_parameters(header, "response"),
    )


def encode_response(response: InferResponse, wants_binary: Callable[[str], bool]) -> Message:
    """Write a response; `wants_binary(output)` chooses each output's form.

    Raises MalformedRequest when an output cannot travel as JSON.
    """
    header: Json = {"model_name": response.model_name, "model_version": response.model_version}
    if response.id:
        header["id"] = response.id
    if response.parameters:
        header["parameters"] = dict(response.parameters)
    outputs: list[Json] = []
    raws: list[Raw] = []
    for tensor in response.outputs:
        name, datatype, array = tensor.name, tensor.datatype, tensor.array
        written: Json = {"name": name, "datatype": _NAMES[datatype], "shape": array.shape}
        if wants_binary(name):
            raws.append(elements.view_binary(datatype, array))
            written["parameters"] = {"binary_data_size": len(raws[-1])}
        else:
            written["data"] = elements.to_json(name, datatype, array)
        outputs.append(written)
    header["outputs"] = outputs
    head = orjson.dumps(header, option=_WRITE)
    # orjson writes NaN as null, which nothing else here becomes: a cheap sign to look closer.
    if b"null" in head and not all(map(_is_finite, response.outputs)):
        head = _dump_odd(header)
    return Message(b"".join((head, *raws)), len(head)) if raws else Message(head, None)


def read_object(raw: bytes | memoryview) -> Json:
    """A JSON object, NaN and Infinity tokens included; raises MalformedRequest."""
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        document = _load_lenient(raw)
    if not isinstance(document, dict):
        raise MalformedRequest("the request must be a JSON object")
    return document


def write_object(document: Json) -> bytes:
    """JSON of what holds no null; NaN and infinities become the bare tokens that Triton's clients read."""
    written = orjson.dumps(document, option=_WRITE)
    return _dump_odd(document) if b"null" in written else written


def _is_finite(tensor: Tensor) -> bool:
    return tensor.array.dtype.kind != "f" or bool(np.isfinite(tensor.array).all())


def _dump_odd(document: Json) -> bytes:
    # Triton and its clients use the bare tokens of Python's json for NaN and infinities.
    return json.dumps(
        document, default=lambda array: array.tolist(), separators=(",", ":")
    ).encode()


def _join(header: Json, raws: list[Raw]) -> Message:
    head = orjson.dumps(header, option=_WRITE)
    return Message(b"".join((head, *raws)), len(head))


def _describe(tensor: Tensor) -> Json:
    return {"name": tensor.name, "datatype": _NAMES[tensor.datatype], "shape": tensor.array.shape}


def _describe_binary(tensors: tuple[Tensor, ...]) -> tuple[list[Json], list[Raw]]:
    descriptions, raws = [], []
    for tensor in tensors:
        raw = elements.view_binary(tensor.datatype, tensor.array)
        descriptions.append({**_describe(tensor), "parameters": {"binary_data_size": len(raw)}})
        raws.append(raw)
    return descriptions, raws


def _write_output(output: RequestedOutput) -> Json:
    parameters: Json = {"binary_data": True}
    if output.classification:
        parameters["classification"] = output.classification
    return {"name": output.name, "parameters": parameters}


def _split(body: bytes, header_length: int | None) -> tuple[Json, memoryview]:
    if header_length is None:
        return read_object(body), memoryview(b"")
    if not 0 < header_length <= len(body):
        detail = f"header length {header_length} does not fit a body of {len(body)} bytes"
        raise MalformedRequest(detail)
    view = memoryview(body)
    return read_object(view[:header_length]), view[header_length:]


def _load_lenient(raw: bytes | memoryview) -> object:
    # Only NaN and Infinity tokens, which Triton takes and orjson does not, are worth a second read.
    text = bytes(raw)
    if b"NaN" not in text and b"Infinity" not in text:
        raise MalformedRequest("failed to parse the request JSON")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("failed to parse the request JSON") from error


def _objects(parent: Json, field: str) -> list[Json]:
    items = parent.get(field)
    if items is None:
        return []
    if not isinstance(items, list):
        raise MalformedRequest(f"'{field}' must be a list of objects")
    for item in items:
        if not isinstance(item, dict):
            raise MalformedRequest(f"'{field}' must be a list of objects")
    return items


def _text(parent: Json, field: str) -> str:
    value = parent.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MalformedRequest(f"'{field}' must be a string")
    return value


def _parameters(parent: Json, owner: str) -> dict[str, Parameter] | Any:
    found = parent.get("parameters")
    if not found:
        return NO_PARAMETERS
    if not isinstance(found, dict):
        raise MalformedRequest(f"parameters of the {owner} must be an object")
    if not all(map(_is_scalar, found.values())):
        raise MalformedRequest(f"parameters of the {owner} must be strings, numbers or booleans")
    return cast("dict[str, Parameter]", found)


def _is_scalar(value: object) -> bool:
    return isinstance(value, (str, int, float))


def _flag(parameters: Json, name: str) -> bool | None:
    value = parameters.get(name)
    if value is not None and not isinstance(value, bool):
        raise MalformedRequest(f"parameter '{name}' must be a boolean")
    return value


def _count(parameters: Json, name: str, limit: int) -> int | None:
    value = parameters.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= limit:
        raise MalformedRequest(f"parameter '{name}' must be an integer from 0 to {limit}")
    return value


def _shape(item: Json, name: str) -> tuple[int, ...]:
    shape = item.get("shape")
    if not isinstance(shape, list) or len(shape) > 32:
        raise MalformedRequest(f"tensor '{name}': 'shape' must be a list of at most 32 integers")
    for dim in shape:
        if type(dim) is not int or dim < 0:
            raise MalformedRequest(f"tensor '{name}': 'shape' must hold integers of 0 or more")
    return tuple(shape)


def _read_tensors(header: Json, field: str, tail: memoryview) -> tuple[Tensor, ...]:
    items = _objects(header, field)
    if not items:
        raise MalformedRequest(f"'{field}' must hold at least one tensor")
    tensors: list[Tensor] = []
    at = 0
    for item in items:
        tensor, at = _read_tensor(item, tail, at)
        tensors.append(tensor)
    if at != len(tail):
        raise MalformedRequest(f"unexpected additional input data ({len(tail) - at} bytes)")
    if len(tensors) > 1 and len({tensor.name for tensor in tensors}) != len(tensors):
        raise MalformedRequest(f"'{field}' names a tensor twice")
    return tuple(tensors)


def _read_tensor(item: Json, tail: memoryview, at: int) -> tuple[Tensor, int]:
    name = _text(item, "name")
    if not name:
        raise MalformedRequest("a tensor has no name")
    said = item.get("datatype", "")
    datatype = _DATATYPES.get(said) if isinstance(said, str) else None
    if datatype is None:
        raise MalformedRequest(f"tensor '{name}': unknown datatype {str(said)[:40]!r}")
    shape = _shape(item, name)
    if datatype is DataType.BYTES and elements.count_elements(shape) > elements.MAX_TEXTS:
        raise MalformedRequest(f"tensor '{name}': more than {elements.MAX_TEXTS} BYTES elements")
    size = None
    if "parameters" in item:
        size = _count(_parameters(item, f"tensor '{name}'"), "binary_data_size", 2**40)
    if size is None:
        if "data" not in item:
            raise MalformedRequest(f"tensor '{name}' has no data")
        return Tensor(name, datatype, elements.from_json(name, datatype, shape, item["data"])), at
    if at + size > len(tail):
        detail = f"tensor '{name}': {size} binary bytes announced, {len(tail) - at} are there"
        raise MalformedRequest(detail)
    array = elements.from_binary(name, datatype, shape, tail[at : at + size])
    return Tensor(name, datatype, array), at + size


def _read_output(item: Json) -> RequestedOutput:
    name = _text(item, "name")
    if not name:
        raise MalformedRequest("a requested output has no name")
    parameters = _parameters(item, f"output '{name}'")
    return RequestedOutput(
        name,
        binary=_flag(parameters, "binary_data"),
        classification=_count(parameters, "classification", MAX_CLASSES) or 0,
    )
