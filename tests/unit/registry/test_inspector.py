"""The table of inspectors, by suffix."""

from pathlib import Path

import pytest

from core.errors import InvalidSpec
from registry.inspector import INSPECTORS, MARKERS, SUFFIXES, inspect_model
from tests.samples import write_linear_model


def test_every_suffix_and_marker_leads_to_an_inspector() -> None:
    assert set(SUFFIXES.values()) | set(MARKERS.values()) == set(INSPECTORS)


def test_a_marker_says_what_a_folder_is(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("class Model:\n    def predict(self, inputs): ...")
    assert inspect_model(tmp_path).runtime == "python"


def test_a_folder_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match="MLmodel"):
        inspect_model(tmp_path)


def test_the_kind_can_be_named(tmp_path: Path) -> None:
    source = write_linear_model(tmp_path / "model.bin")
    assert inspect_model(source, "onnx").runtime == "onnx"
    with pytest.raises(InvalidSpec, match="kind"):
        inspect_model(source, "unknown")


def test_the_suffix_may_be_in_capitals(tmp_path: Path) -> None:
    assert inspect_model(write_linear_model(tmp_path / "MODEL.ONNX")).runtime == "onnx"


@pytest.mark.parametrize("name", ["model.exe", "model"])
def test_an_unknown_suffix_lists_the_known(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match=r"not one of \.onnx"):
        inspect_model(tmp_path / name)
