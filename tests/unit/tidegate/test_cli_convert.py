from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import Ridge

from tests.fakes.command import read, run, tell


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A ridge regression of four features."""
    rows = np.eye(4, dtype=np.float32)
    skops.io.dump(Ridge().fit(rows, rows.sum(axis=1)), tmp_path / "ridge.skops")
    return tmp_path / "ridge.skops"


def test_a_model_is_packaged_in_its_onnx_form(model: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "package")
    told = tell("models", "package", str(model), "--name", "r", "--out", out, "--convert", "onnx")
    assert "converted: its answers differ by" in told
    assert (tmp_path / "package" / "model.onnx").is_file()


def test_without_it_the_form_is_offered(model: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "package")
    assert "--convert onnx" in tell("models", "package", str(model), "--name", "r", "--out", out)


def test_there_is_one_form(model: Path, tmp_path: Path) -> None:
    arguments = ("models", "package", str(model), "--name", "r", "--out", str(tmp_path / "p"))
    assert run(*arguments, "--convert", "pmml").exit_code == 2
    assert read(*arguments)["runtime"] == "sklearn"
