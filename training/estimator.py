"""scikit-learn pipelines: prepare the features, then estimate."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from core.errors import InvalidSpec
from training.algorithm import Outputs, Task
from training.dataset import Dataset
from training.export import Column, export_pipeline


class FittedEstimator:
    """A fitted pipeline, as `training.algorithm.Fitted` says."""

    def __init__(self, pipeline: Pipeline, columns: Sequence[Column], *, classifies: bool) -> None:
        self._pipeline, self._columns, self._classifies = pipeline, columns, classifies

    def predict(self, data: Dataset) -> Outputs:
        """As `Fitted` says."""
        rows = arrange(data)
        answers = np.asarray(self._pipeline.predict(rows))
        if not self._classifies:
            return {"prediction": answers.reshape(-1, 1)}
        return {"label": answers, "probabilities": np.asarray(self._pipeline.predict_proba(rows))}

    def export(self, path: Path) -> None:
        """As `Fitted` says."""
        export_pipeline(self._pipeline, self._columns, path)


def fit_pipeline(task: Task, estimator: Any, *, scaled: bool, classifies: bool) -> FittedEstimator:
    """Impute, scale where the estimator wants it, one-hot encode texts, and fit; raises InvalidSpec."""
    data = task.train
    pipeline = Pipeline([("prepare", _prepare(data, scaled=scaled)), ("estimate", estimator)])
    with threadpool_limits(limits=task.threads):
        try:
            pipeline.fit(arrange(data), data.target)
        except ValueError as error:
            raise InvalidSpec("training data", {"fit": str(error)}) from error
    columns = [Column(name, is_text=name in data.texts) for name in data.names]
    return FittedEstimator(pipeline, columns, classifies=classifies)


def arrange(data: Dataset) -> "pd.DataFrame | np.ndarray[Any, np.dtype[Any]]":
    """The features as the pipeline takes them: a matrix of numbers, or columns `c0`, `c1`, ...

    Neutral names, since the exporter would rewrite names that are no identifiers.
    """
    if not data.texts:
        return data.features.to_numpy(np.float32)
    renamed = data.features.copy(deep=False)
    renamed.columns = [f"c{index}" for index in range(len(data.names))]
    return renamed


def _prepare(data: Dataset, *, scaled: bool) -> Any:
    # Medians, and a column without any value stays as zeros: the served model takes it still.
    impute = SimpleImputer(strategy="median", keep_empty_features=True)
    numbers = make_pipeline(impute, StandardScaler()) if scaled else impute
    if not data.texts:
        return numbers
    texts = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    named = {f"c{index}": name in data.texts for index, name in enumerate(data.names)}
    parts = [
        ("numbers", numbers, [name for name, is_text in named.items() if not is_text]),
        ("texts", texts, [name for name, is_text in named.items() if is_text]),
    ]
    return ColumnTransformer([part for part in parts if part[2]])
