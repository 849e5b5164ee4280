from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from core.dtypes import DataType
from core.errors import RuntimeUnavailable
from core.signature import TensorSpec
from core.tensor import Array, Tensor
from registry.package import Package, PackageDraft, build_package
from tests.contracts.runtime import RuntimeContract

X = np.random.default_rng(0).normal(size=(100, 4))


@cache
def train() -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(
        X, np.where(X[:, 0] > 0, "up", "down")
    )


def package(folder: Path, estimator: Any, draft: PackageDraft | None = None) -> Package:
    source = folder.with_name(f"{folder.name}-source")
    source.mkdir()
    skops.io.dump(estimator, source / "model.skops")
    made = build_package(source / "model.skops", folder, draft or PackageDraft(name="linear"))
    return Package(folder, made)


class TestSklearnRuntime(RuntimeContract):
    name = "sklearn"
    output = "probabilities"
    dtype: type[np.generic] = np.float64

    def make_package(self, folder: Path) -> Package:
        return package(folder, train())

    def expected(self, rows: Array) -> Array:
        return np.asarray(train().predict_proba(rows))


def test_labels_are_text_where_the_classes_are(tmp_path: Path) -> None:
    runtime = TestSklearnRuntime().load(package(tmp_path / "p", train()))
    assert runtime.predict({"features": X[:3]})["label"].tolist() == [
        str(one).encode() for one in train().predict(X[:3])
    ]


def test_a_regressor_has_predictions(tmp_path: Path) -> None:
    ridge = Ridge().fit(X, X @ [1.0, 2.0, 3.0, 4.0])
    runtime = TestSklearnRuntime().load(package(tmp_path / "p", ridge))
    np.testing.assert_allclose(
        runtime.predict({"features": X[:2]})["predictions"], ridge.predict(X[:2])
    )


def test_columns_of_text_and_numbers_go_by_name(tmp_path: Path) -> None:
    frame = pd.DataFrame({"town": ["a", "b"] * 20, "age": np.arange(40.0)})
    columns = ColumnTransformer([("one", OneHotEncoder(), ["town"])], remainder="passthrough")
    fitted = make_pipeline(columns, Ridge()).fit(frame, frame["age"])
    inputs = (
        TensorSpec("town", DataType.BYTES, (-1,)),
        TensorSpec("age", DataType.FP64, (-1,)),
    )
    outputs = (TensorSpec("predictions", DataType.FP64, (-1,)),)
    draft = PackageDraft(name="towns", inputs=inputs, outputs=outputs)
    runtime = TestSklearnRuntime().load(package(tmp_path / "p", fitted, draft))
    rows = {"town": Tensor.of("town", ["b", "a"]).array, "age": np.array([3.0, 8.0])}
    expected = fitted.predict(pd.DataFrame({"town": ["b", "a"], "age": [3.0, 8.0]}))
    np.testing.assert_allclose(runtime.predict(rows)["predictions"], expected)


def test_there_is_no_cuda(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="cpu"):
        TestSklearnRuntime().load(package(tmp_path / "p", train()), device="cuda")
