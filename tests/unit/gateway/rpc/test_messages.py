from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tritonclient.grpc import service_pb2 as pb

from core.dtypes import DataType
from core.errors import MalformedRequest, TidegateError, UnsupportedOperation
from core.tensor import InferRequest, InferResponse, Parameter, Tensor
from gateway.rpc import messages
from gateway.rpc.messages import write_parameters, write_response

FIELDS = {
    "BOOL": ("bool_contents", [True, False]),
    "INT8": ("int_contents", [-1, 2]),
    "INT64": ("int64_contents", [-(2**60), 2]),
    "UINT16": ("uint_contents", [1, 65535]),
    "UINT64": ("uint64_contents", [1, 2**63]),
    "FP32": ("fp32_contents", [0.5, 2.0]),
    "FP64": ("fp64_contents", [0.1, 2.0]),
    "BYTES": ("bytes_contents", [b"a", b"\xff"]),
}


def make(
    datatype: str = "FP32", shape: tuple[int, ...] = (2,), name: str = "x", **contents: Any
) -> Any:
    tensor = pb.ModelInferRequest.InferInputTensor(name=name, datatype=datatype, shape=shape)
    if contents:
        tensor.contents.MergeFrom(pb.InferTensorContents(**contents))
    return tensor


def read_request(message: Any) -> InferRequest:
    return messages.read_request(message, list(message.raw_input_contents))


def raw(*raws: bytes, **fields: Any) -> Any:
    return pb.ModelInferRequest(raw_input_contents=raws, **fields)


@pytest.mark.parametrize("datatype", FIELDS)
def test_typed_contents_are_read(datatype: str) -> None:
    field, values = FIELDS[datatype]
    contents: dict[str, Any] = {field: values}
    tensor = make(datatype, **contents)
    request = read_request(pb.ModelInferRequest(inputs=[tensor]))
    assert request.inputs[0] == Tensor(
        "x", DataType(datatype), np.array(values, DataType(datatype).numpy)
    )


@pytest.mark.parametrize("kind", list(DataType), ids=str)
def test_raw_contents_go_both_ways(kind: DataType) -> None:
    values = [b"a", b"bc"] if kind is DataType.BYTES else [0, 1]
    tensor = Tensor("x", kind, np.array(values, kind.numpy))
    written, raws = write_response(InferResponse("m", "1", (tensor,), "7", {"a": True}))
    request = read_request(raw(*map(bytes, raws), inputs=[make(kind.value)]))
    assert request.inputs == (tensor,)
    assert (written.model_version, written.id) == ("1", "7")
    assert written.parameters["a"].bool_param


def test_parameters_keep_their_types_and_the_servers_own_go_no_further() -> None:
    values: dict[str, Parameter] = {"a": True, "b": 7, "c": 0.5, "d": "x", "triton_x": True}
    message = raw(bytes(8), inputs=[make()], parameters=write_parameters(values))
    assert dict(read_request(message).parameters) == {"a": True, "b": 7, "c": 0.5, "d": "x"}


def test_outputs_may_ask_for_classes() -> None:
    wanted = pb.ModelInferRequest.InferRequestedOutputTensor(
        name="y", parameters=write_parameters({"classification": 3})
    )
    request = read_request(raw(bytes(8), inputs=[make()], outputs=[wanted]))
    assert (request.outputs[0].name, request.outputs[0].classification) == ("y", 3)


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (raw(), "at least one"),
        (raw(bytes(8), inputs=[make(), make(name="y")]), "all of them or none"),
        (raw(bytes(7), inputs=[make()]), "expected 8 bytes"),
        (raw(bytes(8), bytes(8), inputs=[make(), make()]), "twice"),
        (raw(bytes(8), inputs=[make("FP99")]), "unknown datatype"),
        (raw(bytes(8), inputs=[make(name="")]), "no name"),
        (raw(bytes(8), inputs=[make(shape=(-1,))]), "0 or more"),
        (raw(bytes(8), inputs=[make(shape=(2**40, 2**40))]), "exceed"),
        (raw(bytes(8), inputs=[make(fp32_contents=[1])]), "one of the two"),
        (pb.ModelInferRequest(inputs=[make(fp32_contents=[1])]), "2 elements, given 1"),
        (
            pb.ModelInferRequest(inputs=[make("FP16", fp32_contents=[1, 2])]),
            "raw_input_contents only",
        ),
        (pb.ModelInferRequest(inputs=[make("INT8", int_contents=[1, 300])]), "range"),
        (raw(bytes(8), inputs=[make()], parameters={"a": pb.InferParameter()}), "no value"),
        (raw(bytes(8), inputs=[make("BYTES", shape=(2**20 + 1,))]), "more than"),
    ],
)
def test_what_is_malformed_is_said(message: Any, says: str) -> None:
    with pytest.raises(MalformedRequest, match=says):
        read_request(message)


def test_shared_memory_is_not_built_and_says_so() -> None:
    region = {"shared_memory_region": pb.InferParameter(string_param="r")}
    tensor = pb.ModelInferRequest.InferInputTensor(
        name="x", datatype="FP32", shape=(2,), parameters=region
    )
    wanted = pb.ModelInferRequest.InferRequestedOutputTensor(name="y", parameters=region)
    for message in (
        pb.ModelInferRequest(inputs=[tensor]),
        raw(bytes(8), inputs=[make()], outputs=[wanted]),
    ):
        with pytest.raises(UnsupportedOperation, match="shared memory"):
            read_request(message)


@given(
    st.builds(
        pb.ModelInferRequest,
        inputs=st.lists(
            st.builds(
                make,
                st.sampled_from([*FIELDS, "FP16", "BF16", "", "x"]),
                st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3).map(tuple),
                st.text(max_size=3),
            ),
            max_size=3,
        ),
        raw_input_contents=st.lists(st.binary(max_size=12), max_size=3),
    )
)
def test_any_message_is_a_request_or_an_error_of_ours(message: Any) -> None:
    with suppress(TidegateError):
        read_request(message)
