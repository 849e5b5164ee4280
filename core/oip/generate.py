"""Triton's generate extension: a flat JSON object in, a flat JSON object out, without shapes and types.

Source: Triton's "Generate Extension". Keys that name an input become its tensor, all others parameters.
"""

from typing import Any

import numpy as np

from core import elements
from core.dtypes import DataType
from core.errors import MalformedRequest
from core.signature import Signature, TensorSpec
from core.tensor import InferRequest, InferResponse, Parameter, Tensor
from core.wire import read_object

Json = dict[str, Any]


def read_generate(body: bytes, signature: Signature) -> InferRequest:
    """The request in a body; raises MalformedRequest.

    A value is one row: a scalar, a list, or nested lists of the input's shape with or without its row.
    """
    document = read_object(body)
    identity = document.pop("id", "")
    if not isinstance(identity, str | int) or isinstance(identity, bool):
        raise MalformedRequest("'id' must be a string")
    parameters = document.pop("parameters", {})
    if not isinstance(parameters, dict):
        raise MalformedRequest("'parameters' must be an object")
    inputs: list[Tensor] = []
    for key, value in document.items():
        spec = signature.input(key)
        if spec is None:
            parameters = {**parameters, key: value}
        else:
            inputs.append(_read_tensor(spec, value, batched=signature.batched))
    return InferRequest(tuple(inputs), id=str(identity), parameters=_check(parameters))


def write_generate(response: InferResponse) -> Json:
    """The answer's outputs by name, flat; an output of one element is a scalar."""
    document: Json = {
        "model_name": response.model_name,
        "model_version": response.model_version,
    }
    if response.id:
        document["id"] = response.id
    document.update(response.parameters)
    for tensor in response.outputs:
        flat = elements.to_json(tensor.name, tensor.datatype, tensor.array)
        values = flat if isinstance(flat, list) else flat.tolist()
        document[tensor.name] = values[0] if len(values) == 1 else values
    return document


def _read_tensor(spec: TensorSpec, value: Any, *, batched: bool) -> Tensor:
    dtype = np.object_ if spec.datatype is DataType.BYTES else None
    try:
        found = np.shape(np.array(value, dtype))
    except ValueError as error:
        raise MalformedRequest(f"input '{spec.name}': a ragged list") from error
    shape = _choose_shape(spec, found, batched=batched)
    array = elements.from_json(spec.name, spec.datatype, shape, value)
    return Tensor(spec.name, spec.datatype, array)


def _choose_shape(spec: TensorSpec, found: tuple[int, ...], *, batched: bool) -> tuple[int, ...]:
    rank = len(spec.shape)
    if len(found) == rank:
        return found
    if batched and len(found) == rank - 1:
        return (1, *found)
    size = int(np.prod(found))
    dims = [1 if batched and index == 0 else dim for index, dim in enumerate(spec.shape)]
    free = [index for index, dim in enumerate(dims) if dim < 0]
    for index in free[:-1]:
        dims[index] = 1
    if free:
        rest = int(np.prod([dim for dim in dims if dim >= 0]))
        dims[free[-1]] = size // rest if rest else 0
    return tuple(dims)


def _check(parameters: Json) -> dict[str, Parameter]:
    for name, value in parameters.items():
        if not isinstance(value, str | int | float):
            detail = f"'{name}' is no input, and a parameter must be a string, number or boolean"
            raise MalformedRequest(detail)
        if name.startswith("triton_"):
            raise MalformedRequest(f"parameter '{name}' is reserved")
    return parameters
