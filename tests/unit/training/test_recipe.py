from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import PredictionFailed
from tests.contracts.recipe import ask, make
from training.recipe import train
from training.spec import TrainingSpec


def test_texts_make_one_input_for_each_column(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": np.arange(40.0), "colour": ["red", "blue"] * 20})
    table.assign(y=table["colour"].map({"red": "warm", "blue": "cold"})).to_csv(tmp_path / "a.csv")
    spec = ask("sklearn_classifier", "sklearn:iris").document
    spec["data"] = {"source": str(tmp_path / "a.csv"), "target": "y", "columns": ["x", "colour"]}
    manifest = make(TrainingSpec.read(spec), tmp_path / "job").manifest
    described = {one.name: one.described for one in manifest.signature.inputs}
    assert described == {"x": "FP32[-1, 1]", "colour": "BYTES[-1, 1]"}
    label, probabilities = manifest.signature.outputs
    assert (label.described, probabilities.labels) == ("BYTES[-1]", ("cold", "warm"))


def test_a_large_sample_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.recipe.SAMPLE_ROWS", 20)
    product = make(ask("sklearn_classifier", "sklearn:iris"), tmp_path / "job")
    assert len(pd.read_parquet(product.package / "sample.parquet")) == 20


def test_each_step_is_reported(tmp_path: Path) -> None:
    lines: list[str] = []
    train(ask("sklearn_classifier", "sklearn:iris"), tmp_path, {}, lines.append)
    assert [line.split()[0] for line in lines] == ["read", "fitting", "held-out", "exported"]


def test_an_export_that_differs_fails_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.fidelity.TOLERANCE", -1.0)
    with pytest.raises(PredictionFailed):
        make(ask("sklearn_regressor", "sklearn:diabetes"), tmp_path / "job")
