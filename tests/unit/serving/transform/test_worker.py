from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv

from core.dtypes import DataType
from core.errors import InvalidSpec
from core.signature import Signature, TensorSpec
from core.tensor import Array
from serving.transform.ledger import Ledger
from serving.transform.part import Part
from serving.transform.sources.csv import CsvSource
from serving.transform.spec import ImageForm
from serving.transform.worker import Form, Predict, Worker

SIGNATURE = Signature(
    (TensorSpec("x", DataType.FP32, (-1,)),), (TensorSpec("y", DataType.FP32, (-1,)),), batched=True
)


def double(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    if (inputs["x"] == 13).any():
        raise ValueError("13 is bad luck")
    return {"y": inputs["x"] * 2}


def work(
    folder: Path, text: str, predict: Predict = double, keep: tuple[str, ...] | None = None
) -> Part:
    file = folder / "in.csv"
    file.write_text(text)
    source = CsvSource(SIGNATURE, ImageForm())
    ledger = Ledger(folder / "out")
    ledger.claim({})
    worker = Worker(source, predict, SIGNATURE, ledger, Form("csv", 4, keep))
    (part,) = source.split((file,), 100)
    result = worker.work(part)
    assert ledger.done([part])[0] == result
    return part


def read(folder: Path) -> pa.Table:
    return csv.read_csv(folder / "out" / "part-00000.csv")


def test_answers_stand_beside_the_rows(tmp_path: Path) -> None:
    work(tmp_path, "id,x\n" + "".join(f"r{n},{n}\n" for n in range(10)))
    table = read(tmp_path)
    assert table.column_names == ["id", "x", "y"]
    assert table["y"].to_pylist() == [2.0 * n for n in range(10)]


def test_one_bad_row_fails_alone(tmp_path: Path) -> None:
    work(tmp_path, "x\n" + "".join(f"{n}\n" for n in range(10, 16)))
    assert read(tmp_path)["x"].to_pylist() == [10, 11, 12, 14, 15]
    errors = (tmp_path / "out/errors/part-00000.jsonl").read_text()
    assert '"row":3' in errors
    assert "13 is bad luck" in errors


def test_only_the_columns_that_were_asked_for_are_kept(tmp_path: Path) -> None:
    work(tmp_path, "id,x\na,1\n", keep=("id",))
    assert read(tmp_path).column_names == ["id", "y"]


def test_a_part_without_a_good_row_is_done_too(tmp_path: Path) -> None:
    work(tmp_path, "x\n13\noops\n")
    assert (tmp_path / "out/errors/part-00000.jsonl").read_text().count("\n") == 2


def test_a_model_that_mixes_rows_is_found_out(tmp_path: Path) -> None:
    def mix(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        return {"y": np.zeros(7, "f4")}

    work(tmp_path, "x\n1\n", mix)
    assert InvalidSpec.__name__ in (tmp_path / "out/errors/part-00000.jsonl").read_text()


@pytest.mark.parametrize("header", ["z", "x,x", ""])
def test_a_file_without_the_models_columns_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(InvalidSpec):
        work(tmp_path, f"{header}\n1\n")
