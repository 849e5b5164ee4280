import numpy as np
import pytest
from hypothesis import given

from core import elements
from core.dtypes import DataType
from core.errors import MalformedRequest
from core.tensor import Tensor
from tests.unit.core.strategies import tensors


@given(tensors())
def test_binary_round_trip_for_every_type_and_shape(tensor: Tensor) -> None:
    raw = elements.to_binary(tensor.datatype, tensor.array)
    array = elements.from_binary("x", tensor.datatype, tensor.shape, memoryview(raw))
    assert Tensor(tensor.name, tensor.datatype, array) == tensor


def test_numbers_are_read_without_a_copy() -> None:
    raw = np.arange(4, dtype="<f4").tobytes()
    array = elements.from_binary("x", DataType.FP32, (2, 2), memoryview(raw))
    assert not array.flags.owndata
    assert not array.flags.writeable


@pytest.mark.parametrize(
    ("datatype", "raw", "says"),
    [
        (DataType.FP32, b"123", "expected 4 bytes of FP32 data, given 3"),
        (DataType.BOOL, b"\x02", "must be 0 or 1"),
        (DataType.BYTES, b"\x05\0\0\0abc", "runs past the data"),
        (DataType.BYTES, b"\x01\0\0\0abc", "unexpected additional"),
        (DataType.BYTES, b"\x01", "do not fit"),
    ],
)
def test_broken_binary_data_is_named(datatype: DataType, raw: bytes, says: str) -> None:
    with pytest.raises(MalformedRequest, match=says):
        elements.from_binary("x", datatype, (1,), memoryview(raw))


@pytest.mark.parametrize("data", [[1, 2, 3, 4], [[1, 2], [3, 4]]])
def test_flat_and_nested_lists_are_the_same(data: object) -> None:
    array = elements.from_json("x", DataType.INT32, (2, 2), data)
    assert array.dtype == np.int32
    assert array.tolist() == [[1, 2], [3, 4]]


def test_unsigned_64_bit_values_are_exact() -> None:
    array = elements.from_json("x", DataType.UINT64, (2,), [2**64 - 1, 0])
    assert array.tolist() == [2**64 - 1, 0]


@pytest.mark.parametrize(
    ("datatype", "data"),
    [
        (DataType.FP32, ["1"]),
        (DataType.FP32, [1e39]),
        (DataType.FP32, [None]),
        (DataType.INT32, [1.5]),
        (DataType.INT64, [2**63]),
        (DataType.UINT8, [-1]),
        (DataType.BOOL, [1]),
        (DataType.BYTES, [b"x"]),
        (DataType.FP64, [[1], [2, 3]]),
    ],
)
def test_data_of_another_type_is_refused(datatype: DataType, data: list[object]) -> None:
    with pytest.raises(MalformedRequest):
        elements.from_json("x", datatype, (len(data),), data)


def test_bytes_that_are_not_text_ask_for_the_binary_form() -> None:
    with pytest.raises(MalformedRequest, match="binary data format"):
        elements.to_json("y", DataType.BYTES, Tensor.of("y", [b"\xff"]).array)
