from typing import Any

import numpy as np
import pytest

from core.dtypes import DataType
from core.errors import MalformedRequest, SignatureMismatch
from core.signature import Signature, TensorSpec
from core.tensor import Tensor
from gateway.rows import describe_fields, read_inputs, read_rows, write_rows

TABLE = Signature(
    (TensorSpec("x", DataType.FP32, (-1, 2), features=("a", "b")),),
    (TensorSpec("y", DataType.INT64, (-1,)),),
)
COLUMNS = Signature(
    (TensorSpec("age", DataType.FP32, (-1, 1)), TensorSpec("town", DataType.BYTES, (-1,))),
    (TensorSpec("y", DataType.FP32, (-1, 1)),),
)


@pytest.mark.parametrize("rows", [[{"a": 1, "b": 2}, {"b": 4, "a": 3}], [[1, 2], [3, 4]]])
def test_rows_of_a_table(rows: Any) -> None:
    assert read_rows(rows, TABLE) == (Tensor.of("x", np.array([[1, 2], [3, 4]], "f4")),)


@pytest.mark.parametrize("rows", [[{"age": 5, "town": "Rīga"}], [[5, "Rīga"]]])
def test_rows_of_columns(rows: Any) -> None:
    age, town = read_rows(rows, COLUMNS)
    assert age == Tensor.of("age", np.array([[5]], "f4"))
    assert town == Tensor.of("town", ["Rīga"])


@pytest.mark.parametrize(
    ("rows", "signature", "named"),
    [
        ([{"a": 1}], TABLE, "b"),
        ([{"a": 1, "b": 2, "c": 3}], TABLE, "c"),
        ([{"age": 1}], COLUMNS, "town"),
        ([[1]], COLUMNS, "age"),
    ],
)
def test_a_misfit_is_named(rows: Any, signature: Signature, named: str) -> None:
    with pytest.raises(SignatureMismatch) as caught:
        read_rows(rows, signature)
    assert caught.value.tensor == named


@pytest.mark.parametrize("rows", [None, {}, [], ["a"], [[1, 2], [3]], [["x", 1]]])
@pytest.mark.parametrize("signature", [TABLE, COLUMNS])
def test_what_is_no_rows_is_the_callers_fault(rows: Any, signature: Signature) -> None:
    with pytest.raises((MalformedRequest, SignatureMismatch)):
        read_rows(rows, signature)


def test_features_without_names_cannot_be_named() -> None:
    nameless = Signature((TensorSpec("x", DataType.FP32, (-1, 2)),), TABLE.outputs)
    with pytest.raises(MalformedRequest, match="no names"):
        read_rows([{"a": 1}], nameless)


def test_inputs_by_name() -> None:
    (tensor,) = read_inputs({"x": [[1, 2]]}, TABLE)
    assert tensor == Tensor.of("x", np.array([[1, 2]], "f4"))
    with pytest.raises(SignatureMismatch) as caught:
        read_inputs({"z": [1]}, TABLE)
    assert caught.value.tensor == "z"


def test_deep_nesting_is_refused() -> None:
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    with pytest.raises(MalformedRequest, match="too deep"):
        read_inputs({"x": deep}, TABLE)


def test_an_object_for_each_row() -> None:
    outputs = (Tensor.of("y", np.array([1, 2])), Tensor.of("t", ["a", "b"]))
    assert write_rows(outputs, TABLE) == [{"y": 1, "t": "a"}, {"y": 2, "t": "b"}]


def test_what_is_not_finite_is_null() -> None:
    outputs = (Tensor.of("y", np.array([[np.nan, 1.0], [np.inf, 2.0]], "f4")),)
    assert write_rows(outputs, TABLE) == [{"y": [None, 1.0]}, {"y": [None, 2.0]}]


def test_labels_name_classes_and_probabilities() -> None:
    labels = ("low", "high")
    signature = Signature(
        TABLE.inputs,
        (
            TensorSpec("class", DataType.INT64, (-1,), labels=labels),
            TensorSpec("p", DataType.FP32, (-1, 2), labels=labels),
        ),
    )
    outputs = (
        Tensor.of("class", np.array([1, 5])),
        Tensor.of("p", np.array([[0.5, 0.5], [1, 0]], "f4")),
    )
    assert write_rows(outputs, signature) == [
        {"class": "high", "p": {"low": 0.5, "high": 0.5}},
        {"class": 5, "p": {"low": 1.0, "high": 0.0}},
    ]


def test_fields_for_an_errors_text() -> None:
    assert describe_fields({"b": 1, "a": 2}) == "a, b"
    assert describe_fields({}) == "nothing"
