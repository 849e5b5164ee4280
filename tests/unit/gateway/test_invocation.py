import io
from typing import Any

import numpy as np
import pytest

from core.dtypes import DataType
from core.errors import MalformedRequest, SignatureMismatch, UnsupportedMediaType
from core.signature import Signature, TensorSpec
from core.tensor import InferResponse, Tensor
from gateway.invocation import read_body, write_body
from tests.fakes.gateway import ANSWER, SIGNATURE

MIXED = Signature(
    (TensorSpec("age", DataType.INT64, (-1,)), TensorSpec("city", DataType.BYTES, (-1,))),
    (TensorSpec("y", DataType.FP32, (-1,)),),
    batched=True,
)
RESPONSE = InferResponse("iris", "1", ANSWER)


def save(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"[[1, 2], [3, 4]]"),
        ("application/json; charset=utf-8", b'{"instances": [[1, 2], [3, 4]]}'),
        ("application/json", b'{"rows": [{"width": 1, "height": 2}, {"width": 3, "height": 4}]}'),
        ("application/json", b'{"inputs": {"x": [[1, 2], [3, 4]]}}'),
        ("text/csv", b"1,2\n3,4\n"),
        ("Text/CSV; header=present", b"height,width\r\n2,1\r\n4,3\r\n"),
        ("application/jsonlines", b'[1, 2]\n{"features": [3, 4]}\n'),
        ("application/x-npy", save(np.array([[1, 2], [3, 4]], "f8"))),
    ],
)
def test_each_form_is_read(kind: str, body: bytes) -> None:
    (tensor,) = read_body(kind, body, SIGNATURE).inputs
    assert tensor.array.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert tensor.array.dtype == np.float32


def test_columns_have_their_inputs_types() -> None:
    age, city = read_body("text/csv", b'41,"Bonn, am Rhein"\n7,Ulm\n', MIXED).inputs
    assert age.array.tolist() == [41, 7]
    assert city.array.tolist() == [b"Bonn, am Rhein", b"Ulm"]


def test_an_empty_cell_is_a_missing_value() -> None:
    (tensor,) = read_body("text/csv", b"1,\n", SIGNATURE).inputs
    assert np.isnan(tensor.array[0, 1])


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        ("image/png", b"", UnsupportedMediaType),
        ("application/json", b"{", MalformedRequest),
        ("application/json", b'{"rows": [[1,2]], "more": 1}', MalformedRequest),
        ("application/json", b'"text"', MalformedRequest),
        ("text/csv", b"", MalformedRequest),
        ("text/csv", b"\xff\xfe", MalformedRequest),
        ("text/csv", b"1,2\n3\n", MalformedRequest),
        ("text/csv", b"1,two\n", MalformedRequest),
        ("text/csv; header=present", b"width,width\n1,2\n", MalformedRequest),
        ("text/csv", b'"1,2\n', MalformedRequest),
        ("application/jsonlines", b"[1,2]\n[\n", MalformedRequest),
        ("application/x-npy", b"junk", MalformedRequest),
        ("application/x-npy", save(np.array([["a", "b"]])), SignatureMismatch),
        ("application/x-npy", save(np.array([[1j, 2j]])), SignatureMismatch),
    ],
)
def test_what_is_wrong_is_said(kind: str, body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_body(kind, body, SIGNATURE)


def test_nothing_is_unpickled() -> None:
    out = io.BytesIO()
    np.save(out, np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(MalformedRequest):
        read_body("application/x-npy", out.getvalue(), SIGNATURE)


def test_each_form_is_written() -> None:
    kind, body = write_body("*/*", RESPONSE, SIGNATURE)
    assert (kind, body) == (
        b"application/json",
        b'{"predictions":[{"label":"high","scores":{"low":0.25,"high":0.75}}]}',
    )
    assert write_body("text/csv", RESPONSE, SIGNATURE) == (b"text/csv", b"1,0.25,0.75\n")
    assert write_body("application/jsonlines", RESPONSE, SIGNATURE)[1].count(b"\n") == 1
    kind, body = write_body("image/png, application/x-npy;q=0.5", RESPONSE, SIGNATURE)
    assert np.load(io.BytesIO(body)).tolist() == [1]
    with pytest.raises(UnsupportedMediaType):
        write_body("image/png", RESPONSE, SIGNATURE)
    texts = InferResponse("m", "1", (Tensor.of("t", ["a"]),))
    assert write_body("text/csv", texts, SIGNATURE)[1] == b"a\n"
    with pytest.raises(UnsupportedMediaType):
        write_body("application/x-npy", texts, SIGNATURE)
