import io
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dtypes import DataType
from core.errors import InvalidInput, MalformedRequest, PayloadTooLarge, SignatureMismatch
from core.errors import UnsupportedMediaType as Unsupported
from core.signature import Signature, TensorSpec
from core.tensor import InferRequest, InferResponse, Tensor
from gateway import invocation
from gateway.invocation import choose_type, read_body, write_body

JSON, CSV, LINES, NPY = "application/json", "text/csv", "application/jsonlines", "application/x-npy"
LABELS = ("low", "high")
TABLE = Signature(
    (TensorSpec("x", DataType.FP32, (-1, 2), features=("a", "b")),),
    (
        TensorSpec("y", DataType.INT64, (-1,), labels=LABELS),
        TensorSpec("p", DataType.FP32, (-1, 2), labels=LABELS),
    ),
)
NAMELESS = Signature((TensorSpec("x", DataType.FP32, (-1, 2)),), TABLE.outputs)
COLUMNS = Signature(
    (
        TensorSpec("age", DataType.INT32, (-1,)),
        TensorSpec("town", DataType.BYTES, (-1, 1)),
        TensorSpec("new", DataType.BOOL, (-1,)),
    ),
    TABLE.outputs,
)
X = Tensor.of("x", np.array([[1, 2], [3, 4.5]], "f4"))


def read(content_type: str, body: bytes, signature: Signature = TABLE) -> tuple[Tensor, ...]:
    request = read_body(content_type, body, signature, 2**20)
    assert request == InferRequest(request.inputs)
    return request.inputs


@pytest.mark.parametrize("content_type", ["", JSON, "Application/JSON; charset=utf-8"])
@pytest.mark.parametrize(
    "document",
    [
        [[1, 2], [3, 4.5]],
        {"rows": [{"a": 1, "b": 2}, {"b": 4.5, "a": 3}]},
        {"instances": [[1, 2], [3, 4.5]]},
        {"inputs": {"x": [[1, 2], [3, 4.5]]}},
    ],
)
def test_json(content_type: str, document: Any) -> None:
    assert read(content_type, orjson.dumps(document)) == (X,)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"1",
        b"{}",
        b"[]",
        b'{"rows": [], "inputs": {}}',
        b'{"instances": [[1, 2]], "x": 1}',
    ],
)
def test_what_is_no_json_request(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        read(JSON, body)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (CSV, b"1,2\n3,4.5\n"),
        (CSV, b"\xef\xbb\xbf1, 2\r\n\r\n3,4.5"),
        ("text/csv; charset=utf-8; header=absent", b"1,2\n3,4.5"),
        ("text/csv; header=present", b"a,b\n1,2\n3,4.5\n"),
        ('text/csv;Header="present"', b"b,a\n2,1\n4.5,3\n"),
    ],
)
def test_csv_of_a_table(content_type: str, body: bytes) -> None:
    assert read(content_type, body) == (X,)


def test_csv_of_a_table_without_names() -> None:
    assert read(CSV, b"1,2\n3,4.5", NAMELESS) == (X,)
    assert read("text/csv; header=present", b"one,two\n1,2\n3,4.5", NAMELESS) == (X,)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (CSV, b'5,"R\xc4\xabga, LV",true\n6,,0\n'),
        ("text/csv; header=present", b'new,age,town\nTRUE,5,"R\xc4\xabga, LV"\nfalse,6,\n'),
    ],
)
def test_csv_of_columns(content_type: str, body: bytes) -> None:
    age, town, new = read(content_type, body, COLUMNS)
    assert age == Tensor.of("age", np.array([5, 6], "i4"))
    assert town == Tensor.of("town", [["Rīga, LV"], [""]])
    assert new == Tensor.of("new", np.array([True, False]))


@pytest.mark.parametrize(
    ("content_type", "body", "signature"),
    [
        (CSV, b"", TABLE),
        (CSV, b"a,b\n1,2", TABLE),
        (CSV, b"1,2\n3", TABLE),
        (CSV, b"1,\n", TABLE),
        (CSV, b"1,1e300\n", TABLE),
        (CSV, b"\xff,1\n", TABLE),
        (CSV, b'"1"2,1\n', TABLE),
        (CSV, b"1" * 200_000 + b",1\n", TABLE),
        (CSV, b"1.5,a,true\n", COLUMNS),
        (CSV, b"1,a,maybe\n", COLUMNS),
        (CSV, b"99999999999,a,true\n", COLUMNS),
        (CSV, b"1,a\n", COLUMNS),
        ("text/csv; header=present", b"", TABLE),
        ("text/csv; header=present", b"a,b\n", TABLE),
        ("text/csv; header=present", b"a,a\n1,2\n", TABLE),
        ("text/csv; header=present", b"a,b\n1\n", TABLE),
    ],
)
def test_what_is_no_csv_request(content_type: str, body: bytes, signature: Signature) -> None:
    with pytest.raises(MalformedRequest):
        read(content_type, body, signature)


@pytest.mark.parametrize(
    ("body", "named"), [(b"a,c\n1,2\n", "c"), (b"a\n1\n", "b"), (b"a,b,c\n1,2,3\n", "c")]
)
def test_a_misfit_of_the_header_is_named(body: bytes, named: str) -> None:
    with pytest.raises(SignatureMismatch) as caught:
        read("text/csv; header=present", body)
    assert caught.value.tensor == named


@pytest.mark.parametrize(
    "body", [b"[1, 2]\n[3, 4.5]\n", b'{"a": 1, "b": 2}\r\n\n{"b": 4.5, "a": 3}']
)
def test_json_lines(body: bytes) -> None:
    assert read(LINES, body) == (X,)


@pytest.mark.parametrize("body", [b"", b"\n", b"[1, 2]\n[3", b"[1, 2] [3, 4]"])
def test_what_is_no_request_of_json_lines(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        read(LINES, body)


def test_npy() -> None:
    written = io.BytesIO()
    np.save(written, X.array)
    assert read(NPY, written.getvalue()) == (X,)


@pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream", ";", "*/*"])
def test_other_types_are_refused(content_type: str) -> None:
    with pytest.raises(Unsupported, match="use application/json"):
        read(content_type, b"1,2")


def test_a_body_has_a_limit() -> None:
    with pytest.raises(PayloadTooLarge):
        read_body(CSV, b"1,2\n", TABLE, 3)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, b"[[1,2],[1,2],[1,2]]"),
        (CSV, b"1,2\n1,2\n1,2"),
        ("text/csv; header=present", b"a,b\n1,2\n1,2\n1,2"),
        (LINES, b"[1,2]\n[1,2]\n[1,2]"),
    ],
)
def test_rows_have_a_limit(content_type: str, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.rows.MAX_ROWS", 3)
    monkeypatch.setattr(invocation, "MAX_ROWS", 3)
    assert len(read(content_type, body)[0].array) == 3
    monkeypatch.setattr("gateway.rows.MAX_ROWS", 2)
    monkeypatch.setattr(invocation, "MAX_ROWS", 2)
    with pytest.raises(MalformedRequest):
        read(content_type, body)


@given(
    st.sampled_from(["", JSON, CSV, "text/csv; header=present", LINES, NPY]),
    st.binary(max_size=50) | st.text('[]{}",:\n0aeb.-', max_size=50).map(str.encode),
    st.sampled_from([TABLE, COLUMNS, NAMELESS]),
)
def test_any_body_is_read_or_refused(content_type: str, body: bytes, signature: Signature) -> None:
    try:
        read(content_type, body, signature)
    except InvalidInput:
        return


RESPONSE = InferResponse(
    "m",
    "1",
    (
        Tensor.of("y", np.array([1, 0])),
        Tensor.of("p", np.array([[0.25, 0.75], [np.nan, 0]], "f4")),
        Tensor.of("t", ["a,b", "Rīga"]),
    ),
)
ROWS = [
    {"y": "high", "p": {"low": 0.25, "high": 0.75}, "t": "a,b"},
    {"y": "low", "p": {"low": None, "high": 0.0}, "t": "Rīga"},
]


@pytest.mark.parametrize("accept", ["", " ", "*/*", JSON, "application/*;q=0.5"])
def test_predictions_in_json(accept: str) -> None:
    content_type, body = write_body(accept, RESPONSE, TABLE)
    assert content_type == b"application/json"
    assert orjson.loads(body) == {"predictions": ROWS}


def test_predictions_in_json_lines() -> None:
    content_type, body = write_body(LINES, RESPONSE, TABLE)
    assert content_type == b"application/jsonlines"
    assert [orjson.loads(line) for line in body.splitlines()] == ROWS


def test_predictions_in_csv() -> None:
    content_type, body = write_body(CSV, RESPONSE, TABLE)
    assert content_type == b"text/csv"
    assert body.decode() == '1,0.25,0.75,"a,b"\n0,nan,0.0,Rīga\n'


@pytest.mark.parametrize(
    ("outputs", "lines"),
    [
        ((), ["", ""]),
        ((Tensor.of("y", np.float32(2)),), ["2.0"]),
        ((Tensor.of("y", np.zeros((0, 3), "f4")),), []),
        ((Tensor.of("y", np.arange(8).reshape(2, 2, 2)),), ["0,1,2,3", "4,5,6,7"]),
        ((Tensor.of("y", np.arange(2)), Tensor.of("z", np.int64(7))), ["0,7", "1,7"]),
    ],
)
def test_outputs_of_any_shape_in_csv(outputs: tuple[Tensor, ...], lines: list[str]) -> None:
    _, body = write_body(CSV, InferResponse("m", "1", outputs), TABLE)
    assert body.decode().splitlines() == [line for line in lines if line]


def test_predictions_in_npy() -> None:
    content_type, body = write_body(NPY, InferResponse("m", "1", (RESPONSE.outputs[0],)), TABLE)
    assert content_type == b"application/x-npy"
    assert np.load(io.BytesIO(body), allow_pickle=False).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("text/html, text/csv", CSV),
        ("application/json;q=0.5, application/x-npy", NPY),
        ("application/json;q=0, */*;q=0.1", JSON),
        ("text/csv; header=present; q=1", CSV),
        ("TEXT/*", CSV),
    ],
)
def test_the_type_that_the_caller_likes_best(accept: str, chosen: str) -> None:
    assert choose_type(accept) == chosen


@pytest.mark.parametrize("accept", ["text/html", ",", "text/csv;q=0", "text/csv;q=x", "image/*"])
def test_no_type_that_the_caller_takes(accept: str) -> None:
    with pytest.raises(Unsupported):
        choose_type(accept)
