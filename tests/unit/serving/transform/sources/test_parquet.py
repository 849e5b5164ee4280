from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from core.dtypes import DataType
from core.errors import InvalidSpec
from core.signature import Signature, TensorSpec
from serving.transform.sources.parquet import ParquetSource
from serving.transform.spec import ImageForm

SIGNATURE = Signature(
    (TensorSpec("x", DataType.FP32, (-1,)),), (TensorSpec("y", DataType.FP32, (-1,)),), batched=True
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    table = pa.table({"x": [float(n) for n in range(10)], "when": [f"d{n}" for n in range(10)]})
    parquet.write_table(table, tmp_path / "in.parquet", row_group_size=3)
    return tmp_path / "in.parquet"


def test_parts_are_row_groups(file: Path) -> None:
    parts = list(ParquetSource(SIGNATURE, ImageForm()).split((file,), 6))
    assert [(part.first_row, part.rows) for part in parts] == [(0, 6), (6, 4)]


def test_a_part_has_its_rows(file: Path) -> None:
    source = ParquetSource(SIGNATURE, ImageForm())
    loaded = [source.load(part) for part in source.split((file,), 1)]
    assert [one.rows.tolist() for one in loaded] == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    assert loaded[3].kept["when"].to_pylist() == ["d9"]


def test_what_is_not_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.parquet").write_bytes(b"nonsense")
    with pytest.raises(InvalidSpec, match=r"in\.parquet"):
        list(ParquetSource(SIGNATURE, ImageForm()).split((tmp_path / "in.parquet",), 1))
