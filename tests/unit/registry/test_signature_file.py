from pathlib import Path

import pytest

from core.dtypes import DataType
from core.errors import InvalidSpec
from core.signature import TensorSpec
from registry.signature_file import read_signature


def write(folder: Path, text: str) -> Path:
    (folder / "signature.yaml").write_text(text)
    return folder / "signature.yaml"


def test_tensors_are_written_as_people_write_them(tmp_path: Path) -> None:
    text = """
inputs: [{name: x, datatype: FP32, shape: [-1, 2], features: [a, b]}]
outputs: [{name: y, datatype: BYTES, shape: [-1]}]
"""
    found = read_signature(write(tmp_path, text))
    assert found.inputs == (TensorSpec("x", DataType.FP32, (-1, 2), features=("a", "b")),)
    assert found.outputs[0].datatype is DataType.BYTES
    assert found.batched is None


@pytest.mark.parametrize(
    "text",
    ["[", "[]", "inputs: [{name: x}]", "colour: 1", "inputs: [{name: x, datatype: F, shape: []}]"],
)
def test_what_is_no_signature_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidSpec):
        read_signature(write(tmp_path, text))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match="cannot be read"):
        read_signature(tmp_path / "nothing.yaml")
