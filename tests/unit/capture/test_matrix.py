from dataclasses import replace

import numpy as np
import pytest

from capture.matrix import MAX_WIDTH, Layout, Matrix, read_matrix, spread
from capture.record import CaptureRecord, tabulate_records
from core.dtypes import DataType
from core.signature import TensorSpec
from core.tensor import Tensor
from tests.fakes.captured import SIGNATURE, make_record

FEATURES = SIGNATURE.inputs[0]


def read(records: list[CaptureRecord], spec: TensorSpec = FEATURES) -> Matrix | str:
    table = tabulate_records(records)
    rows = table.column("rows").to_numpy()
    tensors = table.column("request").combine_chunks()
    return read_matrix(tensors, spec, Layout.of(rows, is_batched=True))


def test_rows_of_all_records_follow_each_other() -> None:
    found = read([make_record(1, rows=2), make_record(2)])
    assert isinstance(found, Matrix)
    assert found.values.tolist() == [[1, 0], [1, 1], [2, 0]]
    assert found.places is None


def test_a_record_without_the_tensor_leaves_its_rows_out() -> None:
    without = replace(make_record(2, rows=2), request=())
    found = read([make_record(1), without, make_record(3, rows=2)])
    assert isinstance(found, Matrix)
    assert found.places is not None
    assert found.places.tolist() == [0, 3, 4]
    assert found.values[:, 0].tolist() == [1, 3, 3]


@pytest.mark.parametrize(
    "odd",
    [
        Tensor.of("features", np.zeros((1, 2), np.float64)),
        Tensor.of("features", np.zeros((4, 2), np.float32)),
        Tensor.of("features", np.zeros(2, np.float32)),
    ],
    ids=["type", "rows", "rank"],
)
def test_a_tensor_that_does_not_fit_leaves_its_rows_out(odd: Tensor) -> None:
    found = read([replace(make_record(), request=(odd,)), make_record(1)])
    assert isinstance(found, Matrix)
    assert found.values.tolist() == [[1, 0]]


def test_a_tensor_whose_length_differs_has_no_columns() -> None:
    longer = Tensor.of("features", np.zeros((1, 3), np.float32))
    found = read([make_record(), replace(make_record(), request=(longer,))])
    assert found == "its length differs between requests"


def test_an_image_has_no_columns() -> None:
    image = Tensor.of("features", np.zeros((1, MAX_WIDTH + 1), np.float32))
    found = read([replace(make_record(), request=(image,))])
    assert "more than" in str(found)


@pytest.mark.parametrize("datatype", list(DataType))
def test_every_type_is_decoded(datatype: DataType) -> None:
    plain = np.array([[0], [1], [1]])
    given = np.array([[b"no"], [b""], [b"yes"]], object)
    array = given if datatype is DataType.BYTES else plain.astype(datatype.numpy)
    tensor = Tensor("x", datatype, array)
    spec = TensorSpec("x", datatype, (-1, 1))
    found = read([replace(make_record(rows=3), request=(tensor,))], spec)
    assert isinstance(found, Matrix)
    expected = ["no", "", "yes"] if datatype is DataType.BYTES else [0, 1, 1]
    assert spread(found.values[:, 0], None, 3).to_pylist() == expected


def test_missing_rows_are_null() -> None:
    column = spread(np.array([5, 6], np.int8), np.array([0, 2]), 4)
    assert column.to_pylist() == [5, None, 6, None]
