from typing import Any

import numpy as np
import pytest

from core.dtypes import DataType
from core.errors import InvalidInput
from core.signature import Signature, TensorSpec
from core.tensor import InferRequest, Tensor
from core.wire import decode_request, write_object
from gateway.facades.plain_json import read_tensors
from gateway.rows import write_rows
from gateway.schema import (
    describe_predictions,
    describe_rows,
    describe_tensors,
    sample_body,
    sample_inputs,
    sample_rows,
    sample_tensors,
    speaks_json,
    takes_rows,
)

jsonschema = pytest.importorskip("jsonschema")

OUT = (TensorSpec("y", DataType.FP32, (-1,)),)
NAMED = Signature((TensorSpec("x", DataType.FP32, (-1, 2), ("a", "b")),), OUT, batched=True)
PLAIN = Signature((TensorSpec("x", DataType.INT8, (-1, 2)),), OUT, batched=True)
IMAGE = Signature((TensorSpec("x", DataType.UINT8, (-1, 3, -1)),), OUT, batched=True)
LINE = Signature((TensorSpec("x", DataType.UINT64, (-1,)),), OUT, batched=True)
FIXED = Signature((TensorSpec("x", DataType.FP64, (2, 3)),), (TensorSpec("y", DataType.FP32, ()),))
COLUMNS = Signature(
    (
        TensorSpec("age", DataType.INT16, (-1, 1)),
        TensorSpec("town", DataType.BYTES, (-1,)),
        TensorSpec("member", DataType.BOOL, (-1,), optional=True),
    ),
    OUT,
    batched=True,
)
APART = Signature(
    (TensorSpec("x", DataType.FP32, (-1, 4)), TensorSpec("z", DataType.FP32, ())), OUT
)
HALF = Signature((TensorSpec("x", DataType.FP16, (-1, 2)),), OUT, batched=True)
SPOKEN = [NAMED, PLAIN, IMAGE, LINE, FIXED, COLUMNS, APART]


def fits(schema: dict[str, Any], body: object) -> bool:
    jsonschema.Draft202012Validator.check_schema(schema)
    return bool(jsonschema.Draft202012Validator(schema).is_valid(body))


def is_read(body: Any, signature: Signature) -> bool:
    try:
        signature.check(InferRequest(read_tensors(body, signature)))
    except InvalidInput:
        return False
    return True


@pytest.mark.parametrize("signature", SPOKEN)
def test_samples_fit_and_are_read(signature: Signature) -> None:
    bodies = [sample_body(signature), {"inputs": sample_inputs(signature)}]
    for body in bodies:
        assert fits(describe_rows(signature), body)
        assert is_read(body, signature)


@pytest.mark.parametrize("signature", SPOKEN)
def test_a_sample_of_the_protocol_fits_and_is_read(signature: Signature) -> None:
    sample = sample_tensors(signature)
    assert sample is not None
    assert fits(describe_tensors(signature), sample)
    signature.check(decode_request(write_object(sample)))


def test_samples_are_written_by_type() -> None:
    assert sample_rows(NAMED) == [{"a": 0.0, "b": 0.0}]
    assert sample_rows(PLAIN) == [[0, 0]]
    assert sample_rows(COLUMNS) == [{"age": 0, "town": "text", "member": False}]
    assert sample_rows(FIXED) == [[0.0] * 3] * 2
    assert sample_rows(APART) == []
    assert sample_body(APART) == {"inputs": {"x": [[0.0] * 4], "z": 0.0}}


@pytest.mark.parametrize(
    ("signature", "body"),
    [
        (NAMED, {}),
        (NAMED, []),
        (NAMED, {"rows": [[1, 2]], "inputs": {"x": [[1, 2]]}}),
        (NAMED, {"rows": [[1, 2]], "more": 1}),
        (NAMED, {"rows": []}),
        (NAMED, {"rows": [{"a": 1}]}),
        (NAMED, {"rows": [{"a": 1, "b": 2, "c": 3}]}),
        (NAMED, {"rows": [{"a": 1, "b": "2"}]}),
        (NAMED, {"rows": [{"a": 1, "b": None}]}),
        (NAMED, {"rows": [[1, 2, 3]]}),
        (NAMED, {"rows": [[1, 2], {"a": 1, "b": 2}]}),
        (NAMED, {"inputs": {"z": [[1, 2]]}}),
        (NAMED, {"inputs": {"x": [1, 2]}}),
        (NAMED, {"inputs": {}}),
        (PLAIN, {"rows": [{"a": 1, "b": 2}]}),
        (PLAIN, {"rows": [[1, 128]]}),
        (PLAIN, {"rows": [[1, -129]]}),
        (PLAIN, {"rows": [[1, 0.5]]}),
        (LINE, {"rows": [[2**64]]}),
        (LINE, {"rows": [[-1]]}),
        (COLUMNS, {"rows": [{"age": 1, "town": "Riga"}]}),
        (COLUMNS, {"rows": [[1, 2, False]]}),
        (COLUMNS, {"rows": [[1, "Riga", 0]]}),
        (COLUMNS, {"inputs": {"age": [[1]]}}),
        (FIXED, {"rows": [[1, 2, 3]]}),
        (APART, {"rows": [[1, 2]]}),
        (HALF, {"rows": [[1, 2]]}),
        (HALF, {"inputs": {"x": [[1, 2]]}}),
    ],
)
def test_what_is_not_read_does_not_fit(signature: Signature, body: Any) -> None:
    assert not fits(describe_rows(signature), body)
    if isinstance(body, dict):
        assert not is_read(body, signature)


def test_an_optional_input_may_be_left_out() -> None:
    body = {"inputs": {"age": [[1]], "town": ["Riga"]}}
    assert fits(describe_rows(COLUMNS), body)
    assert is_read(body, COLUMNS)


X = {"name": "x", "datatype": "INT8", "shape": [1, 2], "data": [1, 2]}


@pytest.mark.parametrize(
    "body",
    [
        {"inputs": [X]},
        {"inputs": [{**X, "data": [[1, 2]]}], "id": "1"},
        {"inputs": [X], "outputs": [{"name": "y", "parameters": {"classification": 2}}]},
        {"inputs": [X], "parameters": {"binary_data_output": True, "mine": "yes"}},
    ],
)
def test_requests_of_the_protocol_fit(body: Any) -> None:
    assert fits(describe_tensors(PLAIN), body)
    PLAIN.check(decode_request(write_object(body)))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"inputs": []},
        {"inputs": [X, X]},
        {"inputs": [{**X, "name": "z"}]},
        {"inputs": [{**X, "datatype": "INT16"}]},
        {"inputs": [{**X, "shape": [1, 3]}]},
        {"inputs": [{**X, "shape": [2]}]},
        {"inputs": [{**X, "data": [1, 200]}]},
        {"inputs": [X], "outputs": [{"name": "z"}]},
        {"inputs": [X], "parameters": {"triton_final": True}},
        {"inputs": [X], "id": 7},
    ],
)
def test_what_the_protocol_refuses_does_not_fit(body: Any) -> None:
    assert not fits(describe_tensors(PLAIN), body)
    with pytest.raises(InvalidInput):
        PLAIN.check(decode_request(write_object(body)))


LABELLED = Signature(
    NAMED.inputs,
    (
        TensorSpec("p", DataType.FP32, (-1, 2), labels=("no", "yes")),
        TensorSpec("class", DataType.INT64, (-1,), labels=("no", "yes")),
        TensorSpec("free", DataType.FP16, (-1, -1), labels=("no", "yes")),
        TensorSpec("text", DataType.BYTES, (-1, 1)),
        TensorSpec("brain", DataType.BF16, (-1, 2, 1)),
    ),
)
ANSWERED = (
    Tensor.of("p", np.array([[0.25, np.nan], [1, 0]], "f4")),
    Tensor.of("class", np.array([1, 7])),
    Tensor.of("free", np.zeros((2, 2), "f2")),
    Tensor("text", DataType.BYTES, np.array([[b"a"], [b"b"]], object)),
    Tensor("brain", DataType.BF16, np.zeros((2, 2, 1), DataType.BF16.numpy)),
)


def test_what_is_answered_fits() -> None:
    predictions = write_rows(ANSWERED, LABELLED)
    body = {"predictions": predictions, "model": "m", "version": "1"}
    assert fits(describe_predictions(LABELLED), body)
    assert not fits(describe_predictions(LABELLED), {"predictions": predictions})
    spoilt = {**body, "predictions": [{"p": [0.25, 0.75]}]}
    assert not fits(describe_predictions(LABELLED), spoilt)


def test_what_json_cannot_carry_has_no_sample() -> None:
    assert not speaks_json(HALF)
    assert not takes_rows(HALF)
    assert sample_rows(HALF) == []
    assert sample_body(HALF) is sample_tensors(HALF) is None
    tensor = {"name": "x", "datatype": "FP16", "shape": [1, 2]}
    assert not fits(describe_tensors(HALF), {"inputs": [{**tensor, "data": [0, 0]}]})
    binary = {**tensor, "parameters": {"binary_data_size": 4}}
    assert fits(describe_tensors(HALF), {"inputs": [binary]})


def test_a_sample_is_not_long() -> None:
    big = Signature((TensorSpec("x", DataType.FP32, (-1, 3, 224, 224)),), OUT)
    assert sample_body(big) is None


@pytest.mark.parametrize("datatype", DataType)
def test_each_type_has_schemas(datatype: DataType) -> None:
    signature = Signature(
        (TensorSpec("x", datatype, (-1, 1)),), (TensorSpec("y", datatype, (-1, 1)),)
    )
    for describe in (describe_rows, describe_tensors, describe_predictions):
        jsonschema.Draft202012Validator.check_schema(describe(signature))
