from pathlib import Path

from core.dtypes import DataType
from core.signature import Signature, TensorSpec
from serving.transform.part import Loaded
from serving.transform.sources.jsonl import JsonLinesSource, build_table
from serving.transform.spec import ImageForm

SIGNATURE = Signature(
    (TensorSpec("x", DataType.FP32, (-1, 2)),),
    (TensorSpec("y", DataType.FP32, (-1,)),),
    batched=True,
)


def load(tmp_path: Path, text: str) -> Loaded:
    file = tmp_path / "in.jsonl"
    file.write_text(text)
    source = JsonLinesSource(SIGNATURE, ImageForm())
    (part,) = source.split((file,), 100)
    return source.load(part)


def test_objects_become_rows(tmp_path: Path) -> None:
    loaded = load(tmp_path, '{"x": [1, 2], "id": 7}\n\n{"x": [3, 4], "more": "z"}\n')
    assert loaded.inputs["x"].tolist() == [[1, 2], [3, 4]]
    assert loaded.kept["more"].to_pylist() == [None, "z"]


def test_lines_that_are_no_objects_are_faults(tmp_path: Path) -> None:
    loaded = load(tmp_path, '{"x": [1, 2]}\n{"x"\n[1]\n{"x": [1]}\n')
    assert loaded.rows.tolist() == [0]
    assert [fault.row for fault in loaded.faults] == [1, 2, 3]


def test_a_file_of_faults_alone_is_no_crash(tmp_path: Path) -> None:
    loaded = load(tmp_path, "nonsense\n")
    assert (len(loaded.rows), len(loaded.faults)) == (0, 1)


def test_values_of_no_one_type_are_kept_as_json() -> None:
    table = build_table([{"a": 1}, {"a": "x"}, {"a": {"b": 2}}])
    assert table["a"].to_pylist() == ["1", "x", '{"b":2}']
