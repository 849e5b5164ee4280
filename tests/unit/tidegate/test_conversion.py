from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
import skops.io
import xgboost
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.errors import InvalidSpec
from registry.inspector import inspect_model
from registry.package import PackageDraft
from tests.samples import write_linear_model
from tidegate.conversion import convert

ROWS = np.random.default_rng(1).normal(size=(300, 4)).astype(np.float32)
TWO, VALUES = (ROWS[:, 0] > 0).astype(int), ROWS[:, 0] * 3 + ROWS[:, 1]
THREE = np.digitize(ROWS[:, 0], [-0.5, 0.5])
DRAFT = PackageDraft(name="model")


def boost(path: Path, labels: Any, **parameters: Any) -> Path:
    xgboost.train(parameters, xgboost.DMatrix(ROWS, label=labels), 5).save_model(str(path))
    return path


def grow(path: Path, labels: Any, **parameters: Any) -> Path:
    data = lightgbm.Dataset(ROWS, label=labels)
    lightgbm.train({**parameters, "verbose": -1}, data, 5).save_model(str(path))
    return path


def keep(path: Path, estimator: Any, labels: Any) -> Path:
    skops.io.dump(estimator.fit(ROWS, labels), path)
    return path


MODELS: dict[str, Callable[[Path], Path]] = {
    "xgb two": lambda at: boost(at / "m.json", TWO, objective="binary:logistic"),
    "xgb three": lambda at: boost(at / "m.json", THREE, objective="multi:softprob", num_class=3),
    "xgb values": lambda at: boost(at / "m.ubj", VALUES, objective="reg:squarederror"),
    "lgb two": lambda at: grow(at / "m.txt", TWO, objective="binary"),
    "lgb three": lambda at: grow(at / "m.txt", THREE, objective="multiclass", num_class=3),
    "lgb values": lambda at: grow(at / "m.txt", VALUES, objective="regression"),
    "pipeline": lambda at: keep(
        at / "m.skops", make_pipeline(StandardScaler(), LogisticRegression()), THREE
    ),
    "naive": lambda at: keep(at / "m.skops", GaussianNB(), TWO),
    "values": lambda at: keep(at / "m.skops", Ridge(), VALUES),
}


@pytest.mark.parametrize("name", MODELS)
def test_what_is_converted_answers_the_same_by_the_same_names(name: str, tmp_path: Path) -> None:
    source = MODELS[name](tmp_path)
    found = convert(source, DRAFT, tmp_path)
    assert found.difference < 1e-4
    own, there = inspect_model(source).sign(), inspect_model(found.path).sign()
    assert there.batched
    assert [one.name for one in there.inputs] == [one.name for one in own.inputs]
    assert [(one.name, one.shape) for one in there.outputs] == [
        (one.name, one.shape) for one in own.outputs
    ]


def test_what_is_no_such_model_is_refused(tmp_path: Path) -> None:
    source = write_linear_model(tmp_path / "source" / "linear.onnx")
    with pytest.raises(InvalidSpec, match="kind onnx is not converted"):
        convert(source, DRAFT, tmp_path)


def test_a_model_whose_form_answers_otherwise_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.fidelity.TOLERANCE", 0.0)
    with pytest.raises(InvalidSpec, match="answers otherwise"):
        convert(MODELS["pipeline"](tmp_path), DRAFT, tmp_path)


def test_what_the_converter_does_not_know_is_refused(tmp_path: Path) -> None:
    source = keep(tmp_path / "m.skops", KernelDensity(), None)
    with pytest.raises(InvalidSpec):
        convert(source, DRAFT, tmp_path)
