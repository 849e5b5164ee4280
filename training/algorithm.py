"""Algorithms: data and hyperparameters in, a fitted model that exports itself to ONNX out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from core.errors import InvalidSpec, NotFound
from core.plugins import load
from core.spec import Spec
from training.spec import Target, TrainingSpec

if TYPE_CHECKING:
    from training.dataset import Dataset

Outputs = Mapping[str, "np.ndarray[Any, np.dtype[Any]]"]


@dataclass(frozen=True, slots=True)
class Task:
    """What an algorithm is given: the rows to train on, its checked hyperparameters, and limits.

    `report` takes one line for people about how it goes.
    """

    train: "Dataset"
    hyperparameters: Spec
    seed: int
    threads: int
    report: Callable[[str], None]


class Fitted(Protocol):
    """A model that was trained."""

    def predict(self, data: "Dataset") -> Outputs:
        """What the exported model must answer for these rows, by output name.

        Classes: `label` (int64 or objects of str, [n]) and `probabilities` (float [n, k]). A number:
        `prediction` (float [n, 1]).
        """
        ...

    def export(self, path: Path) -> None:
        """Write the model as an ONNX file whose inputs are those of `Dataset.feed`."""
        ...


class Algorithm(Protocol):
    """One kind of training. Made without arguments, used once.

    Its module must be quick to import: the control process checks hyperparameters with it.
    """

    hyperparameters: type[Spec]
    target: Target

    def fit(self, task: Task) -> Fitted:
        """Train. The same task gives the same model. Raises InvalidSpec for data that do not fit."""
        ...


ALGORITHMS: Mapping[str, str] = {
    "sklearn_classifier": "training.algorithms.sklearn_classifier:SklearnClassifier",
    "sklearn_regressor": "training.algorithms.sklearn_regressor:SklearnRegressor",
}


def load_algorithm(name: str) -> Algorithm:
    """The algorithm of this name; raises InvalidSpec that lists the known ones."""
    try:
        algorithm: Algorithm = load("algorithm", ALGORITHMS, name)()
    except NotFound as error:
        raise InvalidSpec("TrainingSpec", {"algorithm": str(error)}) from error
    return algorithm


def check_hyperparameters(spec: TrainingSpec) -> Spec:
    """The spec's hyperparameters with the algorithm's defaults; raises InvalidSpec with all faults."""
    try:
        return load_algorithm(spec.algorithm).hyperparameters.read(spec.hyperparameters)
    except InvalidSpec as error:
        if error.kind == "TrainingSpec":
            raise
        faults = {f"hyperparameters.{field}": fault for field, fault in error.faults.items()}
        raise InvalidSpec("TrainingSpec", faults) from error
