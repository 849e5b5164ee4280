"""Between the protocol's gRPC messages and our values. Pure; tensors travel raw, typed contents are read.

The messages are those that tritonclient ships, which are Triton's superset of the Open Inference Protocol.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from tritonclient.grpc import service_pb2 as pb

from core import elements
from core.dtypes import DataType
from core.errors import MalformedRequest, UnsupportedOperation
from core.oip import documents
from core.signature import Signature
from core.tensor import (
    NO_PARAMETERS,
    Array,
    InferRequest,
    InferResponse,
    Parameter,
    RequestedOutput,
    Tensor,
)
from core.wire import MAX_CLASSES

Raw = bytes | memoryview

_DATATYPES = {kind.value: kind for kind in DataType}
# Which field of InferTensorContents holds each type; FP16 and BF16 have none and travel raw.
_FIELDS = {
    DataType.BOOL: "bool_contents",
    DataType.INT8: "int_contents",
    DataType.INT16: "int_contents",
    DataType.INT32: "int_contents",
    DataType.INT64: "int64_contents",
    DataType.UINT8: "uint_contents",
    DataType.UINT16: "uint_contents",
    DataType.UINT32: "uint_contents",
    DataType.UINT64: "uint64_contents",
    DataType.FP32: "fp32_contents",
    DataType.FP64: "fp64_contents",
    DataType.BYTES: "bytes_contents",
}


def read_request(
    message: Any, raws: Sequence[Raw], tensors: tuple[Tensor, ...] | None = None
) -> InferRequest:
    """The inference in a ModelInferRequest whose raw contents stand beside it.

    `tensors` are its inputs where they were read already. Raises MalformedRequest, UnsupportedOperation.
    Parameters that start with `triton_` are the client's word to the server and go no further.
    """
    if tensors is None:
        tensors = read_inputs(message.inputs, raws)
    return InferRequest(
        inputs=tensors,
        outputs=tuple(_read_output(wanted) for wanted in message.outputs),
        id=message.id,
        binary_output=True,
        parameters=read_parameters(message.parameters),
    )


def read_inputs(inputs: Any, raws: Sequence[Raw]) -> tuple[Tensor, ...]:
    """The input tensors, of raw contents or of typed ones; raises as `read_request` does."""
    if raws and len(raws) != len(inputs):
        detail = f"{len(inputs)} inputs with {len(raws)} raw contents: all of them or none"
        raise MalformedRequest(detail)
    if not inputs:
        raise MalformedRequest("'inputs' must hold at least one tensor")
    tensors = tuple(
        _read_tensor(given, raws[index] if raws else None) for index, given in enumerate(inputs)
    )
    if len({tensor.name for tensor in tensors}) != len(tensors):
        raise MalformedRequest("'inputs' names a tensor twice")
    return tensors


def write_response(response: InferResponse) -> tuple[Any, list[Raw]]:
    """A ModelInferResponse without its raw contents, and these."""
    message = pb.ModelInferResponse(
        model_name=response.model_name,
        model_version=response.model_version,
        id=response.id,
        parameters=write_parameters(response.parameters),
        outputs=[
            pb.ModelInferResponse.InferOutputTensor(
                name=tensor.name, datatype=tensor.datatype.value, shape=tensor.array.shape
            )
            for tensor in response.outputs
        ],
    )
    return message, [elements.view_binary(one.datatype, one.array) for one in response.outputs]


def read_parameters(found: Any) -> Mapping[str, Parameter]:
    """Parameters by name, without those that start with `triton_`."""
    if not found:
        return NO_PARAMETERS
    read: dict[str, Parameter] = {}
    for name, parameter in found.items():
        chosen = parameter.WhichOneof("parameter_choice")
        if chosen is None:
            raise MalformedRequest(f"parameter '{name}' has no value")
        if not name.startswith("triton_"):
            read[name] = getattr(parameter, chosen)
    return read


def write_parameters(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Parameters as messages; a boolean is no number here."""
    written: dict[str, Any] = {}
    for name, value in parameters.items():
        match value:
            case bool():
                written[name] = pb.InferParameter(bool_param=value)
            case int():
                written[name] = pb.InferParameter(int64_param=value)
            case float():
                written[name] = pb.InferParameter(double_param=value)
            case _:
                written[name] = pb.InferParameter(string_param=value)
    return written


def write_metadata(name: str, versions: Sequence[str], platform: str, signature: Signature) -> Any:
    """A ModelMetadataResponse."""
    document = documents.describe_model(name, versions, platform, signature)
    return pb.ModelMetadataResponse(
        name=name,
        versions=document["versions"],
        platform=platform,
        inputs=[pb.ModelMetadataResponse.TensorMetadata(**one) for one in document["inputs"]],
        outputs=[pb.ModelMetadataResponse.TensorMetadata(**one) for one in document["outputs"]],
    )


def _read_tensor(given: Any, raw: Raw | None) -> Tensor:
    name, shape = given.name, tuple(given.shape)
    if not name:
        raise MalformedRequest("a tensor has no name")
    datatype = _DATATYPES.get(given.datatype)
    if datatype is None:
        raise MalformedRequest(f"tensor '{name}': unknown datatype {given.datatype[:40]!r}")
    if len(shape) > 32 or any(dim < 0 for dim in shape):
        detail = f"tensor '{name}': 'shape' must hold at most 32 integers of 0 or more"
        raise MalformedRequest(detail)
    if datatype is DataType.BYTES and elements.count_elements(shape) > elements.MAX_TEXTS:
        raise MalformedRequest(f"tensor '{name}': more than {elements.MAX_TEXTS} BYTES elements")
    if given.parameters:
        refuse_shared_memory(given.parameters)
    if raw is None:
        return Tensor(name, datatype, _read_contents(name, datatype, shape, given.contents))
    if given.HasField("contents"):
        detail = f"tensor '{name}' has contents and raw contents: one of the two"
        raise MalformedRequest(detail)
    return Tensor(name, datatype, elements.from_binary(name, datatype, shape, memoryview(raw)))


def refuse_shared_memory(parameters: Any) -> None:
    """Raise UnsupportedOperation where a tensor is said to lie in shared memory."""
    if "shared_memory_region" in parameters:
        raise UnsupportedOperation("shared memory")


def _read_contents(name: str, datatype: DataType, shape: tuple[int, ...], contents: Any) -> Array:
    field = _FIELDS.get(datatype)
    if field is None:
        raise MalformedRequest(f"tensor '{name}': {datatype} travels in raw_input_contents only")
    values = getattr(contents, field)
    count = elements.count_elements(shape)
    if len(values) != count:
        detail = f"tensor '{name}': shape {list(shape)} has {count} elements, given {len(values)}"
        raise MalformedRequest(detail)
    try:
        return np.fromiter(values, datatype.numpy, count).reshape(shape)
    except OverflowError as error:
        raise MalformedRequest(f"tensor '{name}': a value is out of {datatype}'s range") from error


def _read_output(wanted: Any) -> RequestedOutput:
    parameters = read_parameters(wanted.parameters)
    refuse_shared_memory(parameters)
    classes = parameters.get("classification", 0)
    if type(classes) is not int or not 0 <= classes <= MAX_CLASSES:
        detail = f"output '{wanted.name}': classification must be 0 to {MAX_CLASSES}"
        raise MalformedRequest(detail)
    return RequestedOutput(wanted.name, binary=True, classification=classes)
