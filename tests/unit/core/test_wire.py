import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import wire
from core.dtypes import DataType
from core.errors import MalformedRequest
from core.tensor import InferRequest, InferResponse, RequestedOutput, Tensor
from tests.unit.core.strategies import json_datatypes, tensors


def unique(items: list[Tensor]) -> bool:
    return len({item.name for item in items}) == len(items)


@given(st.lists(tensors(), min_size=1, max_size=3).filter(unique), st.text(max_size=8))
def test_binary_request_round_trip(inputs: list[Tensor], request_id: str) -> None:
    request = InferRequest(tuple(inputs), id=request_id)
    message = wire.encode_request(request)
    read = wire.decode_request(message.body, message.header_length)
    assert read.inputs == request.inputs
    assert read.id == request_id
    assert read.binary_output


@given(st.lists(tensors(), min_size=1, max_size=3).filter(unique))
def test_binary_response_round_trip(outputs: list[Tensor]) -> None:
    response = InferResponse("m", "1", tuple(outputs), id="7")
    message = wire.encode_response(response, lambda _: True)
    assert wire.decode_response(message.body, message.header_length) == response


@given(tensors(json_datatypes))
def test_json_round_trip_keeps_every_value(tensor: Tensor) -> None:
    response = InferResponse("m", "1", (tensor,))
    try:
        message = wire.encode_response(response, lambda _: False)
    except MalformedRequest:
        assert tensor.datatype is DataType.BYTES  # not UTF-8: JSON cannot carry it, and says so
        return
    (read,) = wire.decode_response(message.body).outputs
    assert (read.name, read.datatype, read.shape) == (tensor.name, tensor.datatype, tensor.shape)
    # JSON has one NaN, so bits may differ there; values do not.
    np.testing.assert_array_equal(read.array, tensor.array)


@given(st.binary(max_size=200), st.none() | st.integers(-3, 300))
@example(b'{"inputs":[{"name":"x","datatype":"INT8","shape":[1],"data":[[[]]]}]}', None)
@example(b'{"inputs":[{"name":"x","datatype":"BYTES","shape":[1],"data":[1]}]}', None)
@example(b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":["1"]}]}', None)
@example(b"[" * 5000 + b"NaN", None)
def test_arbitrary_bytes_give_a_value_or_malformed_request(body: bytes, length: int | None) -> None:
    try:
        assert wire.decode_request(body, length).inputs
    except MalformedRequest:
        return


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(json_values, json_values, st.sampled_from([*DataType, "FP99", 3, None]))
def test_arbitrary_json_gives_a_value_or_malformed_request(
    data: object, shape: object, datatype: object
) -> None:
    tensor = {"name": "x", "datatype": datatype, "shape": shape, "data": data}
    body = json.dumps({"inputs": [tensor], "parameters": {}}).encode()
    try:
        assert len(wire.decode_request(body).inputs) == 1
    except MalformedRequest:
        return


def test_nan_and_infinity_pass_as_the_bare_tokens_that_clients_use() -> None:
    body = (
        b'{"inputs":[{"name":"x","datatype":"FP32","shape":[3],"data":[NaN,Infinity,-Infinity]}]}'
    )
    (tensor,) = wire.decode_request(body).inputs
    np.testing.assert_array_equal(tensor.array, [np.nan, np.inf, -np.inf])
    response = wire.encode_response(InferResponse("m", "1", (tensor,)), lambda _: False)
    assert b"[NaN,Infinity,-Infinity]" in response.body


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (b"{", "failed to parse"),
        (b"[]", "must be a JSON object"),
        (b'{"inputs":[]}', "at least one tensor"),
        (b'{"inputs":[{"name":"x"}]}', "unknown datatype"),
        (b'{"inputs":[{"name":"x","datatype":"FP32","shape":[-1],"data":[]}]}', "0 or more"),
        (b'{"inputs":[{"name":"x","datatype":"FP32","shape":[true],"data":[1]}]}', "integers"),
        (b'{"inputs":[{"name":"x","datatype":"FP32","shape":[2],"data":[1]}]}', "2 elements, given 1"),
        (b'{"inputs":[{"name":"x","datatype":"INT8","shape":[1],"data":[300]}]}', "out of the range"),
        (b'{"inputs":[{"name":"x","datatype":"FP16","shape":[1],"data":[1]}]}', "binary data format"),
        (b'{"inputs":[{"name":"x","datatype":"FP32","shape":[2305843009213693952],"data":[]}]}', "maximum"),
        (b'{"parameters":{"triton_x":1},"inputs":[]}', "reserved"),
        (b'{"parameters":{"a":[]},"inputs":[]}', "strings, numbers or booleans"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(header: bytes, says: str) -> None:
    with pytest.raises(MalformedRequest, match=says):
        wire.decode_request(header)


def test_bytes_left_over_are_refused() -> None:
    message = wire.encode_request(InferRequest((Tensor.of("x", [1.0]),)))
    with pytest.raises(MalformedRequest, match="unexpected additional input data"):
        wire.decode_request(message.body + b"!", message.header_length)


def test_a_header_as_long_as_the_body_is_plain_json() -> None:
    # perf_analyzer sends the length with JSON bodies too.
    body = b'{"id":"","inputs":[{"name":"x","datatype":"BYTES","shape":[1],"data":["\xc3\xa9"]}]}'
    (tensor,) = wire.decode_request(body, len(body)).inputs
    assert tensor == Tensor.of("x", ["é"])


def test_an_output_may_choose_its_own_form() -> None:
    body = b"""{"parameters":{"binary_data_output":true},
        "inputs":[{"name":"x","datatype":"BOOL","shape":[1],"data":[true]}],
        "outputs":[{"name":"a"},{"name":"b","parameters":{"binary_data":false,"classification":2}}]}"""
    request = wire.decode_request(body)
    assert request.wants_binary("a")
    assert not request.wants_binary("b")
    assert request.outputs[1] == RequestedOutput("b", binary=False, classification=2)
