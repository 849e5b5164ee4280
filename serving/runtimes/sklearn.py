"""scikit-learn: an estimator or pipeline that skops kept, of types that are known to be safe."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from core.dtypes import DataType
from core.errors import PredictionFailed, RuntimeUnavailable, TidegateError
from core.resources import Resources
from core.signature import Signature, TensorSpec
from core.tensor import Array, Tensor
from registry.inspectors.sklearn import load_estimator
from registry.package import Package

_METHODS = {"label": "predict", "predictions": "predict", "probabilities": "predict_proba"}


class SklearnRuntime:
    """One estimator."""

    runs_code: ClassVar[bool] = False

    def __init__(self, name: str, estimator: Any, signature: Signature) -> None:
        self._name = name
        self._estimator = estimator
        self._signature = signature

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Read the estimator; raises RuntimeUnavailable."""
        if resources.device == "cuda":
            detail = "scikit-learn predicts on the CPU only; ask for device cpu"
            raise RuntimeUnavailable("sklearn", detail)
        try:
            estimator = load_estimator(package.model_path)
        except TidegateError as error:
            raise RuntimeUnavailable("sklearn", str(error)) from error
        return cls(package.manifest.name, estimator, package.manifest.signature)

    @property
    def device(self) -> str:
        """Where it computes."""
        return "cpu"

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """`predict`, and `predict_proba` where the signature has probabilities."""
        rows = self._join(inputs)
        return {spec.name: self._ask(spec, rows) for spec in self._signature.outputs}

    def close(self) -> None:
        """Let the estimator go."""
        self._estimator = None

    def _join(self, inputs: Mapping[str, Array]) -> Any:
        """A matrix for one input of numbers, else a frame with a column for each feature."""
        specs = self._signature.inputs
        if len(specs) == 1 and specs[0].datatype is not DataType.BYTES:
            matrix = inputs[specs[0].name]
            if not hasattr(self._estimator, "feature_names_in_"):
                return matrix
        # An estimator that was fitted on named columns wants them by name.
        import pandas as pd  # noqa: PLC0415 - a second, and only such estimators need it

        columns: dict[str, Array] = {}
        for spec in specs:
            array = (
                _as_text(inputs[spec.name])
                if spec.datatype is DataType.BYTES
                else inputs[spec.name]
            )
            for index, name in enumerate(spec.features or (spec.name,)):
                columns[name] = array[:, index] if array.ndim == 2 else array
        return pd.DataFrame(columns)

    def _ask(self, spec: TensorSpec, rows: Any) -> Array:
        if not len(rows):
            return np.zeros((0, *spec.shape[1:]), spec.datatype.numpy)
        method = getattr(self._estimator, _METHODS.get(spec.name, "predict"))
        try:
            found = np.asarray(method(rows))
        except Exception as error:  # estimators raise plain errors of many kinds
            raise PredictionFailed(self._name, f"{type(error).__name__}: {error}") from error
        if spec.datatype is DataType.BYTES:
            return Tensor.of(spec.name, found.astype(str)).array
        return found.astype(spec.datatype.numpy).reshape(len(rows), *spec.shape[1:])


def _as_text(array: Array) -> Array:
    texts = np.empty(array.shape, np.object_)
    texts[...] = (
        np.vectorize(lambda one: one.decode(), otypes=[object])(array) if array.size else ""
    )
    return texts
