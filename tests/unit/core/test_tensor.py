import numpy as np

from core.dtypes import DataType
from core.tensor import InferRequest, RequestedOutput, Tensor


def test_equality_is_of_values_and_nan_equals_nan() -> None:
    assert Tensor.of("x", [np.nan]) == Tensor.of("x", [np.nan])
    assert Tensor.of("x", [1.0]) != Tensor.of("y", [1.0])
    assert Tensor.of("x", [1.0]) != Tensor.of("x", [[1.0]])
    assert Tensor.of("x", ["a"]) != Tensor.of("x", ["b"])


def test_a_scalar_keeps_its_shape() -> None:
    assert Tensor.of("x", 3).shape == ()


def test_text_becomes_utf8_bytes() -> None:
    tensor = Tensor.of("x", [["é", "a"]])
    assert tensor.datatype is DataType.BYTES
    assert tensor.array.tolist() == [["é".encode(), b"a"]]
    assert Tensor.of("x", [b"\xff"]).array.tolist() == [b"\xff"]


def test_big_endian_arrays_are_turned_round() -> None:
    tensor = Tensor.of("x", np.array([1], dtype=">i4"))
    assert tensor.array.tobytes() == b"\x01\0\0\0"


def test_description_is_for_people() -> None:
    assert Tensor.of("x", np.zeros((4, 30), np.float32)).described == "FP32[4, 30]"


def test_rows_are_the_first_dimension() -> None:
    assert InferRequest((Tensor.of("x", [[1, 2], [3, 4]]),)).rows == 2
    assert InferRequest((Tensor.of("x", 1),)).rows == 1


def test_an_outputs_own_word_goes_before_the_default() -> None:
    request = InferRequest((), (RequestedOutput("a", binary=False),), binary_output=True)
    assert [request.wants_binary(name) for name in "ab"] == [False, True]
