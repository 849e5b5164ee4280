from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from capture.columns import column_names, read_columns
from capture.record import CaptureRecord, tabulate_records
from capture.scan import WINDOW_SCHEMA
from core.dtypes import DataType
from core.signature import Signature, TensorSpec
from core.tensor import Tensor
from tests.fakes.captured import SIGNATURE, make_record


def window_of(*records: CaptureRecord) -> pa.Table:
    table = tabulate_records(records)
    return table.append_column("variant", pa.array(["main"] * len(records), pa.string()))


def test_features_and_outputs_are_columns() -> None:
    found = read_columns(window_of(make_record(4, rows=2), make_record(5)), SIGNATURE)
    assert found.features.to_pydict() == {"a": [4, 4, 5], "b": [0, 1, 0]}
    assert found.outputs.column("label").to_pylist() == [1, 1, 2]
    assert found.outputs.column_names == ["label", "scores.0", "scores.1"]
    assert found.ids.to_pydict() == {"inference_id": ["id-4", "id-4", "id-5"], "row": [0, 1, 0]}


@pytest.mark.parametrize(
    ("width", "features", "names"),
    [
        (2, ("a", "b"), ("a", "b")),
        (2, (), ("x.0", "x.1")),
        (1, (), ("x",)),
        (2, ("a",), ("x.0", "x.1")),
    ],
)
def test_columns_are_named_by_features(
    width: int, features: tuple[str, ...], names: tuple[str, ...]
) -> None:
    assert column_names(TensorSpec("x", DataType.FP32, (-1, 2), features), width) == names


def test_an_empty_window_has_its_columns() -> None:
    found = read_columns(WINDOW_SCHEMA.empty_table(), SIGNATURE)
    assert (found.rows, found.features.column_names) == (0, ["a", "b"])


def test_batches_are_joined() -> None:
    window = pa.concat_tables([window_of(make_record(number)) for number in range(3)])
    found = read_columns(window, SIGNATURE)
    assert found.features.column("a").to_pylist() == [0, 1, 2]


def test_outputs_stand_without_inputs() -> None:
    found = read_columns(window_of(replace(make_record(4, rows=2), request=())), SIGNATURE)
    assert found.features.to_pydict() == {"a": [None, None], "b": [None, None]}
    assert found.outputs.column("label").to_pylist() == [1, 1]


def test_a_model_without_rows_has_one_for_each_request() -> None:
    signature = Signature((TensorSpec("x", DataType.FP32, (2,)),), ())
    records = [
        replace(make_record(rows=2), request=(Tensor.of("x", np.array([n, n + 1], np.float32)),))
        for n in range(3)
    ]
    found = read_columns(window_of(*records), signature)
    assert found.features.to_pydict() == {"x.0": [0, 1, 2], "x.1": [1, 2, 3]}
    assert found.outputs.num_columns == 0


def test_two_inputs_may_share_a_feature_name() -> None:
    inputs = tuple(TensorSpec(name, DataType.FP32, (-1, 1), ("age",)) for name in ("x", "y"))
    tensors = tuple(Tensor.of(name, np.zeros((1, 1), np.float32)) for name in ("x", "y"))
    found = read_columns(
        window_of(replace(make_record(), request=tensors)), Signature(inputs, (), batched=True)
    )
    assert found.features.column_names == ["age", "y.age"]


def test_what_has_no_columns_is_said() -> None:
    spec = TensorSpec("features", DataType.FP32, (-1, -1))
    other = Tensor.of("features", np.zeros((1, 5), np.float32))
    window = window_of(make_record(), replace(make_record(1), request=(other,)))
    found = read_columns(window, Signature((spec,), (), batched=True))
    assert found.skipped == {"features": "its length differs between requests"}
    assert found.features.num_columns == 0
