"""LightGBM: a booster in its text form, on the CPU."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import lightgbm
import numpy as np

from core.errors import PredictionFailed, RuntimeUnavailable
from core.resources import Resources
from core.tensor import Array
from registry.package import Package


class LightgbmRuntime:
    """One booster."""

    runs_code: ClassVar[bool] = False

    def __init__(self, package: Package, booster: Any, threads: int) -> None:
        self._name = package.manifest.name
        self._booster = booster
        self._threads = threads
        self._input = package.manifest.signature.inputs[0].name
        self._output = package.manifest.signature.outputs[0]

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Read the model; raises RuntimeUnavailable."""
        if resources.device == "cuda":
            detail = "LightGBM predicts on the CPU only; ask for device cpu"
            raise RuntimeUnavailable("lightgbm", detail)
        with package.model_path.open("rb") as opened:
            # LightGBM ends the process over some files that are none of its own.
            if opened.read(4) != b"tree":
                raise RuntimeUnavailable("lightgbm", "not a model that LightGBM saved")
        try:
            booster = lightgbm.Booster(model_file=str(package.model_path))
        except lightgbm.basic.LightGBMError as error:
            raise RuntimeUnavailable("lightgbm", str(error)) from error
        return cls(package, booster, resources.intra_op_num_threads)

    @property
    def device(self) -> str:
        """Where it computes."""
        return "cpu"

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """The objective's own output: probabilities, values or ranks."""
        found = self._run(inputs[self._input])
        shape = (len(found), *self._output.shape[1:])
        return {self._output.name: np.asarray(found, np.float64).reshape(shape)}

    def contribute(self, rows: Array) -> Array:
        """Exact SHAP values and base, [rows, values, features + 1]; they add up to the raw score."""
        found = np.asarray(self._run(rows, pred_contrib=True))
        width = self._output.shape[1] if len(self._output.shape) > 1 else 1
        return found.reshape(len(rows), width, -1)

    def close(self) -> None:
        """Let the booster go."""
        self._booster = None

    def _run(self, rows: Array, **options: Any) -> Array:
        if not len(rows):
            width = self._booster.num_feature()
            if rows.shape[1:] != (width,):
                raise PredictionFailed(self._name, f"expected {width} features")
            return np.zeros((0, *self._output.shape[1:]))
        try:
            found: Array = self._booster.predict(rows, num_threads=self._threads, **options)
        except (lightgbm.basic.LightGBMError, ValueError) as error:
            raise PredictionFailed(self._name, str(error)) from error
        return found
