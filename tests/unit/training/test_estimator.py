from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from core.errors import InvalidSpec
from core.spec import Spec
from training.algorithm import Task
from training.dataset import Dataset
from training.estimator import FittedEstimator, fit_pipeline
from training.fidelity import compare, run_model


def mixed(**columns: object) -> Dataset:
    """Numbers with gaps and texts, under names that are no identifiers or another's neutral name."""
    generator = np.random.default_rng(0)
    features = pd.DataFrame(
        {
            "c1": generator.normal(size=60).astype(np.float32),
            "the colour": np.array(["red", "", "grün"] * 20, object),
            "c0": np.array([1.0, np.nan, 3.0] * 20, np.float32),
            **columns,
        }
    )
    return Dataset(features, np.array([0, 1, 0] * 20), ("low", "high"))


def fit(data: Dataset) -> FittedEstimator:
    task = Task(data, Spec(), seed=0, threads=1, report=lambda _line: None)
    return fit_pipeline(task, LogisticRegression(), scaled=True, classifies=True)


def test_texts_and_gaps_are_answered_alike_after_export(tmp_path: Path) -> None:
    data = mixed()
    fitted = fit(data)
    fitted.export(tmp_path / "model.onnx")
    assert compare(run_model(tmp_path / "model.onnx", data), fitted.predict(data)).is_good


def test_a_text_that_was_never_seen_is_answered(tmp_path: Path) -> None:
    fitted = fit(mixed())
    fitted.export(tmp_path / "model.onnx")
    strange = mixed(**{"the colour": np.array(["purple"] * 60, object)})
    assert compare(run_model(tmp_path / "model.onnx", strange), fitted.predict(strange)).is_good


def test_a_column_without_any_value_stays_an_input(tmp_path: Path) -> None:
    data = mixed(empty=np.full(60, np.nan, np.float32))
    fitted = fit(data)
    fitted.export(tmp_path / "model.onnx")
    assert compare(run_model(tmp_path / "model.onnx", data), fitted.predict(data)).is_good


def test_what_the_library_refuses_is_a_fault_of_the_data() -> None:
    data = mixed()
    alone = Dataset(data.features, np.zeros(60, np.int64), ("low",))
    with pytest.raises(InvalidSpec, match="fit"):
        fit(alone)
