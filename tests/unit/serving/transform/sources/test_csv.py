from pathlib import Path

import pytest

from core.dtypes import DataType
from core.errors import InvalidSpec
from core.signature import Signature, TensorSpec
from serving.transform.part import Loaded
from serving.transform.sources.csv import CsvSource, read_header
from serving.transform.spec import ImageForm

SIGNATURE = Signature(
    (TensorSpec("x", DataType.INT64, (-1,)),),
    (TensorSpec("y", DataType.FP32, (-1,)),),
    batched=True,
)


def load(tmp_path: Path, data: bytes) -> Loaded:
    file = tmp_path / "in.csv"
    file.write_bytes(data)
    source = CsvSource(SIGNATURE, ImageForm())
    (part,) = source.split((file,), 100)
    return source.load(part)


def test_columns_stay_the_text_that_they_are(tmp_path: Path) -> None:
    loaded = load(tmp_path, b'id,x,t\n007,1,"a,\nb"\n')
    assert loaded.kept.to_pylist() == [{"id": "007", "x": "1", "t": "a,\nb"}]
    assert loaded.inputs["x"].tolist() == [1]


def test_a_record_of_another_length_is_a_fault(tmp_path: Path) -> None:
    loaded = load(tmp_path, b"id,x\na,1\nb\nc,3\n")
    assert loaded.rows.tolist() == [0, 2]
    assert [(fault.row, fault.reason) for fault in loaded.faults] == [
        (1, "expected 2 columns, given 1")
    ]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeffx\n1\n".encode()).inputs["x"].tolist() == [1]


def test_a_header_must_name_each_column_once(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("x,x\n")
    with pytest.raises(InvalidSpec, match="once"):
        read_header(str(tmp_path / "in.csv"))
