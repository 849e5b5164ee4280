"""Rows to train on: features as they will be served, and a target."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.errors import InvalidSpec
from training.spec import DataSpec, Target

MAX_TEXTS = 1000
FEATURES = "features"
LABEL = "label"
# Outputs of the models, and columns of samples.
_KEPT = (LABEL, "prediction", "probabilities")

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Features and target of the same rows.

    `features` has float32 columns (NaN: missing) and columns of str (empty: missing). `target` holds
    class indexes (int64) where the classes are called 0 to k-1, class names (object), or numbers
    (float64). `labels` names the classes in the order of the probabilities; empty for numbers.
    """

    features: pd.DataFrame
    target: Array
    labels: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names."""
        return tuple(str(name) for name in self.features.columns)

    @property
    def texts(self) -> tuple[str, ...]:
        """The names of the features that are text."""
        kinds = self.features.dtypes.items()
        return tuple(str(name) for name, kind in kinds if kind != np.float32)

    @property
    def rows(self) -> int:
        """How many rows."""
        return len(self.features)

    def feed(self) -> dict[str, Array]:
        """The features as the model's inputs.

        One `features` [n, k] when all are numbers, else one [n, 1] for each column (float32, or str
        objects).
        """
        if not self.texts:
            return {FEATURES: self.features.to_numpy(np.float32)}
        return {
            name: self.features[[name]].to_numpy(object if name in self.texts else np.float32)
            for name in self.names
        }

    def take(self, rows: Array) -> "Dataset":
        """Only these rows, by position."""
        return replace(self, features=self.features.iloc[rows], target=self.target[rows])

    def table(self) -> pd.DataFrame:
        """Features and the column `label`, as samples are kept."""
        return self.features.assign(**{LABEL: self.target})


def load_dataset(spec: DataSpec, target: Target) -> Dataset:
    """Read the data; raises InvalidSpec for data that cannot be read or do not fit the target."""
    frame, answers, labels = _read_built_in(spec) if spec.built_in else _read_file(spec)
    features = _choose(frame, spec.columns)
    present = answers.notna().to_numpy()
    features, answers = features.loc[present], answers[present]
    if target is Target.NUMBER:
        dataset = Dataset(features, _as_numbers(answers))
    else:
        named, found = _as_classes(answers)
        dataset = Dataset(features, named, labels or found)
    if dataset.rows < 10:
        raise InvalidSpec("training data", {"rows": f"{dataset.rows} with a target; 10 are needed"})
    return dataset


def split(dataset: Dataset, test_share: float, seed: int) -> tuple[Dataset, Dataset]:
    """Rows to train on and held-out rows; classes keep their shares where each has enough rows."""
    from sklearn.model_selection import train_test_split  # noqa: PLC0415 - 1 s, jobs only

    classes = dataset.target if dataset.labels else None
    if classes is not None and pd.Series(classes).value_counts().min() < 2:
        classes = None
    try:
        train, test = train_test_split(
            np.arange(dataset.rows), test_size=test_share, random_state=seed, stratify=classes
        )
    except ValueError as error:
        raise InvalidSpec("TrainingSpec", {"test_share": str(error)}) from error
    return dataset.take(train), dataset.take(test)


def _read_built_in(spec: DataSpec) -> tuple[pd.DataFrame, "pd.Series[Any]", tuple[str, ...]]:
    from sklearn import datasets  # noqa: PLC0415 - 1 s, jobs only

    found = getattr(datasets, f"load_{spec.built_in}")(as_frame=True)
    labels = tuple(str(name) for name in found.get("target_names", ()))
    return found.data, found.target, labels


def _read_file(spec: DataSpec) -> tuple[pd.DataFrame, "pd.Series[Any]", tuple[str, ...]]:
    path = Path(spec.source)
    try:
        frame = pd.read_csv(path) if path.suffix.lower() == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise InvalidSpec("training data", {"source": f"cannot be read: {error}"}) from error
    frame.columns = [str(name) for name in frame.columns]
    if spec.target not in frame.columns:
        raise InvalidSpec("training data", {"target": f"no column '{spec.target}'"})
    return frame.drop(columns=spec.target), frame[spec.target], ()


def _choose(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    names = columns or tuple(str(name) for name in frame.columns)
    faults = {name: "no such column" for name in names if name not in frame.columns}
    faults |= {name: "this name is kept for the target" for name in names if name in _KEPT}
    if not names or len(set(names)) != len(names):
        faults["columns"] = "there is none, or a name stands twice"
    if faults:
        raise InvalidSpec("training data", faults)
    return pd.DataFrame({name: _as_feature(name, frame[name]) for name in names})


def _as_feature(name: str, column: "pd.Series[Any]") -> "pd.Series[Any]":
    if pd.api.types.is_numeric_dtype(column):
        values = column.to_numpy(np.float32, na_value=np.nan)
        if np.isinf(values).any():
            raise InvalidSpec("training data", {name: "has values that are not finite"})
        return pd.Series(values, index=column.index)
    if pd.api.types.is_datetime64_any_dtype(column):
        raise InvalidSpec("training data", {name: "times are no features; make them numbers first"})
    texts = column.astype(object).where(column.notna(), "").map(str).astype(object)
    if texts.nunique() > MAX_TEXTS:
        fault = f"{texts.nunique()} different texts, at most {MAX_TEXTS}; leave it out by `columns`"
        raise InvalidSpec("training data", {name: fault})
    return texts


def _as_numbers(answers: "pd.Series[Any]") -> Array:
    try:
        numbers: Array = answers.to_numpy(np.float64)
    except (TypeError, ValueError) as error:
        fault = "the target has texts; a regressor needs numbers"
        raise InvalidSpec("training data", {"target": fault}) from error
    return numbers


def _as_classes(answers: "pd.Series[Any]") -> tuple[Array, tuple[str, ...]]:
    """Class indexes when the classes are 0 to k-1, else their names; and the names in order."""
    values = answers
    if pd.api.types.is_float_dtype(values) and (values == values.round()).all():
        values = values.astype(np.int64)
    names = sorted(values.unique())
    if len(names) < 2 or len(names) > MAX_TEXTS:
        fault = f"{len(names)} classes; a classifier needs 2 to {MAX_TEXTS}"
        raise InvalidSpec("training data", {"target": fault})
    if names == list(range(len(names))) and not pd.api.types.is_bool_dtype(values):
        return values.to_numpy(np.int64), tuple(str(name) for name in names)
    texts = values.map(str).to_numpy(object)
    return texts, tuple(sorted(set(texts)))
