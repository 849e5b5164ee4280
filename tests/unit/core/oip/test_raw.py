import numpy as np
import pytest

from core.dtypes import DataType
from core.errors import MalformedRequest
from core.oip.raw import is_raw, read_raw
from core.signature import Signature, TensorSpec

HEADER = b"inference-header-content-length"


def sign(datatype: DataType, *shapes: tuple[int, ...], batched: bool = False) -> Signature:
    inputs = tuple(TensorSpec(f"x{at}", datatype, shape) for at, shape in enumerate(shapes))
    return Signature(inputs, (TensorSpec("y", DataType.FP32, (-1,)),), batched=batched)


@pytest.mark.parametrize(
    ("shape", "batched", "size", "found"),
    [
        ((-1, 4), True, 16, (1, 4)),
        ((-1, -1), True, 24, (1, 6)),
        ((2, -1), False, 24, (2, 3)),
        ((2, 2), False, 16, (2, 2)),
        ((-1, 3, -1, 2), True, 48, (1, 3, 2, 2)),
        ((-1,), True, 4, (1,)),
    ],
)
def test_the_shape_follows_from_the_bytes(
    shape: tuple[int, ...], size: int, found: tuple[int, ...], *, batched: bool
) -> None:
    body = np.arange(size // 4, dtype="<f4").tobytes()
    request = read_raw(body, sign(DataType.FP32, shape, batched=batched))
    (tensor,) = request.inputs
    assert (tensor.name, tensor.shape, tensor.array.tobytes()) == ("x0", found, body)
    assert request.wants_binary("y")


@pytest.mark.parametrize(
    ("shape", "batched", "found"),
    [((-1,), True, (1,)), ((1,), False, (1,)), ((-1, 1), True, (1, 1)), ((), False, ())],
)
def test_a_text_is_the_whole_body(
    shape: tuple[int, ...], found: tuple[int, ...], *, batched: bool
) -> None:
    request = read_raw(b"a picture", sign(DataType.BYTES, shape, batched=batched))
    assert request.inputs[0].shape == found
    assert request.inputs[0].array.ravel().tolist() == [b"a picture"]


@pytest.mark.parametrize(
    ("signature", "body"),
    [
        (sign(DataType.FP32, (-1,), (-1,), batched=True), b"\0" * 4),
        (sign(DataType.FP32, (-1, -1), batched=False), b"\0" * 4),
        (sign(DataType.FP32, (-1, 4), batched=True), b"\0" * 15),
        (sign(DataType.FP32, (2, -1)), b"\0" * 7),
        (sign(DataType.FP32, (0, -1)), b"\0" * 8),
        (sign(DataType.BYTES, (2,)), b"text"),
    ],
)
def test_what_tells_no_shape_is_malformed(signature: Signature, body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        read_raw(body, signature)


def test_a_header_length_of_nought_says_so() -> None:
    assert is_raw([(HEADER, b"0")])
    assert not is_raw([(HEADER, b"10")])
    assert not is_raw([])
