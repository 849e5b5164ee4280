import numpy as np
import pyarrow as pa
import pytest

from core.dtypes import DataType
from core.errors import InvalidSpec
from core.signature import Signature, TensorSpec
from serving.transform.features import extract, find_columns, load_table, write_columns
from serving.transform.part import Part

OUT = TensorSpec("y", DataType.FP32, (-1,))
PART = Part(0, "in.csv", 0, 1, first_row=10, rows=3)


def signature(*inputs: TensorSpec, outputs: tuple[TensorSpec, ...] = (OUT,)) -> Signature:
    return Signature(inputs, outputs, batched=True)


FEATURED = signature(TensorSpec("x", DataType.FP32, (-1, 2), features=("a", "b")))


def test_features_make_a_matrix_in_the_models_order() -> None:
    found = extract(pa.table({"b": ["2", " 4 "], "c": ["z", "z"], "a": ["1", "3"]}), FEATURED)
    assert found.inputs["x"].tolist() == [[1, 2], [3, 4]]
    assert (found.inputs["x"].dtype, found.faults) == (np.dtype("f4"), {})


def test_each_value_that_is_no_number_is_its_rows_fault() -> None:
    found = extract(pa.table({"a": ["1", "x", "3"], "b": ["1", "1", "y"]}), FEATURED)
    assert found.faults == {
        1: "column 'a': expected FP32, given 'x'",
        2: "column 'b': expected FP32, given 'y'",
    }


def test_what_is_missing_is_nan_for_floats_and_a_fault_for_integers() -> None:
    whole = signature(
        TensorSpec("n", DataType.INT64, (-1, 1)), TensorSpec("f", DataType.FP64, (-1,))
    )
    found = extract(pa.table({"n": ["1", ""], "f": ["", "2"]}), whole)
    assert np.isnan(found.inputs["f"][0])
    assert found.faults == {1: "column 'n': INT64 is missing"}
    assert found.inputs["n"].shape == (2, 1)


def test_text_becomes_bytes() -> None:
    text = signature(TensorSpec("t", DataType.BYTES, (-1,)))
    found = extract(pa.table({"t": ["ä", None]}), text)
    assert found.inputs["t"].tolist() == ["ä".encode(), b""]


def test_a_list_column_is_a_tensor_of_each_row() -> None:
    wide = signature(TensorSpec("v", DataType.FP32, (-1, 2, 2)))
    found = extract(pa.table({"v": [[1, 2, 3, 4], [1, 2]]}), wide)
    assert found.inputs["v"][0].tolist() == [[1, 2], [3, 4]]
    assert list(found.faults) == [1]


def test_columns_without_names_are_numbered() -> None:
    wide = signature(TensorSpec("v", DataType.FP32, (-1, 2)))
    assert find_columns(wide, ["v.0", "v.1"]) == {"v": ("v.0", "v.1")}


def test_a_missing_column_is_said_at_once() -> None:
    with pytest.raises(InvalidSpec, match="no column 'b'"):
        find_columns(FEATURED, ["a"])
    with pytest.raises(InvalidSpec, match="one request at a time"):
        find_columns(Signature(FEATURED.inputs, (OUT,)), ["a", "b"])


def test_rows_with_a_fault_are_left_out_and_numbered() -> None:
    table = pa.table({"a": ["1", "x", "3"], "b": ["1", "1", "1"]})
    loaded = load_table(PART, table, FEATURED, np.arange(10, 13))
    assert (loaded.rows.tolist(), loaded.kept["a"].to_pylist()) == ([10, 12], ["1", "3"])
    assert [fault.row for fault in loaded.faults] == [11]


def test_outputs_become_columns_by_their_labels() -> None:
    outputs = (
        TensorSpec("label", DataType.INT64, (-1,), labels=("low", "high")),
        TensorSpec("p", DataType.FP32, (-1, 2), labels=("low", "high")),
        TensorSpec("v", DataType.FP32, (-1, 2)),
        TensorSpec("t", DataType.BYTES, (-1, 1)),
    )
    arrays = {
        "label": np.array([1, 5]),
        "p": np.array([[0.0, 1.0], [1.0, 0.0]], "f4"),
        "v": np.array([[1.0, 2.0], [3.0, 4.0]], "f4"),
        "t": np.array([[b"x"], [b"y"]], np.object_),
    }
    columns = write_columns(arrays, signature(outputs=outputs), ["label"])
    assert list(columns) == ["output.label", "p.low", "p.high", "v.0", "v.1", "t"]
    assert columns["output.label"].to_pylist() == ["high", "5"]
    assert columns["t"].to_pylist() == ["x", "y"]
