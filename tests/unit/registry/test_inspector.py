"""The table of inspectors, by suffix."""

from pathlib import Path

import pytest

from core.errors import InvalidSpec
from registry.inspector import INSPECTORS, inspect_model
from tests.samples import write_linear_model

SMALLEST = {"onnx": write_linear_model}


@pytest.mark.parametrize("suffix", sorted(INSPECTORS))
def test_each_inspector_reads_the_smallest_model_of_its_kind(suffix: str, tmp_path: Path) -> None:
    found = inspect_model(SMALLEST[suffix](tmp_path / f"model.{suffix}"))
    assert found.sign().inputs
    assert found.sign().outputs
    assert found.runtime
    assert found.notes


def test_the_suffix_may_be_in_capitals(tmp_path: Path) -> None:
    assert inspect_model(write_linear_model(tmp_path / "MODEL.ONNX")).runtime == "onnx"


@pytest.mark.parametrize("name", ["model.exe", "model"])
def test_an_unknown_suffix_lists_the_known(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match=r"not one of \.onnx"):
        inspect_model(tmp_path / name)
