from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from core.errors import Conflict
from serving.transform.ledger import WRITERS, Ledger
from serving.transform.part import Fault, Part, PartResult

PART = Part(0, "in.csv", 0, 9, first_row=0, rows=2)
RESULT = PartResult(0, 1, 1, 0.5)
TABLE = pa.table({"a": [1], "v": [[1.0, 2.0]]})


def test_a_folder_can_be_claimed_again_by_the_same_transform_only(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "out")
    ledger.claim({"spec": 1})
    ledger.claim({"spec": 1})
    with pytest.raises(Conflict):
        ledger.claim({"spec": 2})


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(Conflict):
        Ledger(tmp_path).claim({})


@pytest.mark.parametrize("kind", list(WRITERS))
def test_what_is_done_is_known_again(tmp_path: Path, kind: str) -> None:
    ledger = Ledger(tmp_path / "out")
    ledger.claim({})
    assert ledger.done([PART]) == {}
    ledger.keep(PART, TABLE, (Fault(1, "in.csv", "bad"),), RESULT, kind)
    assert ledger.done([PART]) == {0: RESULT}
    assert (tmp_path / "out" / f"part-00000.{kind}").stat().st_size
    errors = (tmp_path / "out" / "errors" / "part-00000.jsonl").read_bytes()
    assert orjson.loads(errors) == {"row": 1, "file": "in.csv", "reason": "bad"}


def test_every_form_can_be_read_back(tmp_path: Path) -> None:
    for kind, write in WRITERS.items():
        write(TABLE, tmp_path / f"t.{kind}")
    assert parquet.read_table(tmp_path / "t.parquet") == TABLE
    assert csv.read_csv(tmp_path / "t.csv")["v"].to_pylist() == ["[1.0,2.0]"]
    assert orjson.loads((tmp_path / "t.jsonl").read_bytes()) == {"a": 1, "v": [1.0, 2.0]}


def test_the_summary_stands_beside_the_parts(tmp_path: Path) -> None:
    Ledger(tmp_path).close({"rows": 1})
    assert orjson.loads((tmp_path / "summary.json").read_bytes()) == {"rows": 1}
