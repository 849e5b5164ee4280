from pathlib import Path

import pytest

from core.dtypes import DataType
from core.errors import InvalidSpec
from core.signature import Signature, TensorSpec
from serving.transform.source import SOURCES, open_source
from serving.transform.spec import TransformSpec

SIGNATURE = Signature(
    (TensorSpec("x", DataType.BYTES, (-1,)),),
    (TensorSpec("y", DataType.FP32, (-1,)),),
    batched=True,
)


def spec(path: Path, kind: str = "auto") -> TransformSpec:
    asked = {"model": "m:1", "input": str(path), "output": "/out", "format": kind}
    return TransformSpec.read(asked)


def test_the_suffix_says_what_it_is(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", ".hidden.csv", "_SUCCESS", "notes.txt"):
        (tmp_path / name).touch()
    source, files = open_source(spec(tmp_path), SIGNATURE)
    assert type(source).__name__ == "CsvSource"
    assert [file.name for file in files] == ["a.csv", "b.csv"]


def test_a_file_of_another_suffix_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "data.txt").touch()
    _, files = open_source(spec(tmp_path / "data.txt", "jsonl"), SIGNATURE)
    assert [file.name for file in files] == ["data.txt"]


@pytest.mark.parametrize("names", [[], ["a.txt"], ["a.csv", "b.jsonl"]])
def test_what_cannot_be_guessed_is_asked_for(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(InvalidSpec, match="format"):
        open_source(spec(tmp_path), SIGNATURE)


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_opens(tmp_path: Path, name: str) -> None:
    (tmp_path / "data").touch()
    open_source(spec(tmp_path / "data", name), SIGNATURE)
