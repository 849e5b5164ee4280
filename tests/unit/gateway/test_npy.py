import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib import format as npy

from core.dtypes import DataType
from core.errors import MalformedRequest, SignatureMismatch
from core.signature import Signature, TensorSpec
from core.tensor import InferResponse, Tensor
from gateway.npy import read_npy, write_npy


def takes(datatype: DataType, *shape: int) -> Signature:
    return Signature((TensorSpec("x", datatype, shape or (-1, 2)),), ())


FLOATS = takes(DataType.FP32)


def save(array: Any, *, version: tuple[int, int] = (1, 0), pickled: bool = False) -> bytes:
    written = io.BytesIO()
    npy.write_array(written, np.asarray(array), version, allow_pickle=pickled)
    return written.getvalue()


def claim(descr: Any, shape: tuple[int, ...], data: bytes = b"") -> bytes:
    written = io.BytesIO()
    npy.write_array_header_1_0(written, {"descr": descr, "fortran_order": False, "shape": shape})
    return written.getvalue() + data


@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f2", "u1", "i2", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_what_casts_safely_is_read(version: tuple[int, int], dtype: str, order: Any) -> None:
    array = np.array([[1, 0], [1, 1], [0, 1]], dtype, order=order)
    tensor = read_npy(save(array, version=version), FLOATS)
    assert tensor == Tensor.of("x", array.astype("<f4"))
    assert tensor.array.dtype == np.dtype("<f4")
    assert tensor.array.flags.c_contiguous


@pytest.mark.parametrize("dtype", ["<i4", "<i8", "<c8", "<M8[s]", "S3", "<U3"])
def test_what_may_lose_is_refused(dtype: str) -> None:
    with pytest.raises((SignatureMismatch, MalformedRequest)):
        read_npy(save(np.zeros((1, 2), dtype)), FLOATS)


@pytest.mark.parametrize("values", [["a", "Rīga"], [b"a", "Rīga".encode()]])
def test_texts(values: list[Any]) -> None:
    assert read_npy(save(values), takes(DataType.BYTES, -1)) == Tensor.of("x", ["a", "Rīga"])


def test_numbers_are_no_texts() -> None:
    with pytest.raises(SignatureMismatch):
        read_npy(save([1.0]), takes(DataType.BYTES, -1))


def test_one_input_that_must_be_given() -> None:
    x, y = (TensorSpec(name, DataType.FP32, (-1,)) for name in "xy")
    with pytest.raises(MalformedRequest, match="takes 2"):
        read_npy(save(np.zeros(1, "f4")), Signature((x, y), ()))
    extra = TensorSpec("z", DataType.FP32, (-1,), optional=True)
    assert read_npy(save(np.zeros(1, "f4")), Signature((extra, x), ())).name == "x"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x93NUMPY",
        b"PK\x03\x04",
        save([[1.0, 2.0]])[:-1],
        save([[1.0, 2.0]]) + b"\x00",
        save(np.zeros((1, 2), "f4"))[:-4],
        save(np.zeros((1, 2), "f4"), version=(2, 0)).replace(b"\x02\x00", b"\x09\x00", 1),
        save(np.zeros((1, 2), np.object_), pickled=True),
        save(np.zeros((0, 2), "f4")),
        claim("<f4", (2**40,)),
        claim("<f4", (2**70, 0)),
        claim("<f4", (-1, -2), b"\x00" * 8),
        claim("<f4", (1_000_001, 0)),
        claim("<U0", (3,)),
        claim([("a", "<f4")], (1,), b"\x00" * 4),
        claim("|b1", (1, 2), b"\x02\x00"),
    ],
)
def test_what_is_no_array_is_the_callers_fault(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        read_npy(body, FLOATS)


def test_texts_of_no_code_points_are_the_callers_fault() -> None:
    for data in (b"\xff" * 4, b"\x00\xd8\x00\x00"):
        with pytest.raises(MalformedRequest, match="Unicode"):
            read_npy(claim("<U1", (1,), data), takes(DataType.BYTES, -1))


@given(st.integers(0, 200), st.binary(max_size=8))
def test_any_bytes_are_read_or_refused(at: int, junk: bytes) -> None:
    body = save(np.ones((1, 2), "f4"))
    try:
        read_npy(body[:at] + junk + body[at + len(junk) :], FLOATS)
    except (MalformedRequest, SignatureMismatch):
        return


def answer(*outputs: Tensor) -> InferResponse:
    return InferResponse("m", "1", outputs)


@pytest.mark.parametrize("dtype", ["<f4", "<f2", "<i8", "?"])
def test_one_output_is_written(dtype: str) -> None:
    array = np.array([[1, 0]], dtype)
    written = np.load(io.BytesIO(write_npy(answer(Tensor.of("y", array)))), allow_pickle=False)
    assert written.dtype == array.dtype
    assert (written == array).all()


def test_bf16_is_written_as_fp32() -> None:
    array = np.array([1.5], DataType.BF16.numpy)
    written = np.load(io.BytesIO(write_npy(answer(Tensor("y", DataType.BF16, array)))))
    assert (written.dtype, written.tolist()) == (np.dtype("<f4"), [1.5])


def test_what_npy_cannot_carry() -> None:
    number, text = Tensor.of("y", [1.0]), Tensor.of("t", ["a"])
    for outputs in ((), (number, number), (text,)):
        with pytest.raises(MalformedRequest):
            write_npy(answer(*outputs))
