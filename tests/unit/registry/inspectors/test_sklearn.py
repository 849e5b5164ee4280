from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from core.dtypes import DataType
from core.errors import InvalidSpec, PackageCorrupt
from registry.inspectors.sklearn import SklearnInspector

X = pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20.0) % 3})
Y = np.arange(20) % 2


def save(folder: Path, estimator: object) -> Path:
    skops.io.dump(estimator, folder / "model.skops")
    return folder / "model.skops"


def test_a_classifier_has_labels_and_probabilities(tmp_path: Path) -> None:
    fitted = LogisticRegression().fit(X, np.where(Y, "up", "down"))
    signature = SklearnInspector().inspect(save(tmp_path, fitted)).sign()
    assert signature.inputs[0].features == ("a", "b")
    label, probabilities = signature.outputs
    assert (label.datatype, probabilities.labels) == (DataType.BYTES, ("down", "up"))


def test_without_probabilities_there_are_labels_only(tmp_path: Path) -> None:
    signature = SklearnInspector().inspect(save(tmp_path, LinearSVC().fit(X, Y))).sign()
    assert [(one.name, one.datatype) for one in signature.outputs] == [("label", DataType.INT64)]


def test_several_targets_are_the_last_dimension(tmp_path: Path) -> None:
    fitted = LinearRegression().fit(X, X.to_numpy())
    (output,) = SklearnInspector().inspect(save(tmp_path, fitted)).sign().outputs
    assert output.name == "predictions"


def test_what_was_not_fitted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match="fitted"):
        SklearnInspector().inspect(save(tmp_path, LogisticRegression()))


def shout(rows: object) -> object:
    return rows


def test_code_of_somebody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match="shout"):
        SklearnInspector().inspect(save(tmp_path, FunctionTransformer(shout).fit(X)))


def test_what_is_no_file_of_skops_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.skops").write_bytes(b"nonsense")
    with pytest.raises(PackageCorrupt):
        SklearnInspector().inspect(tmp_path / "model.skops")
