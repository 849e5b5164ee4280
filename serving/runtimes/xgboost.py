"""XGBoost: a booster in its own format, on the CPU or CUDA."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import xgboost

from core.errors import PredictionFailed, RuntimeUnavailable
from core.resources import Resources
from core.tensor import Array
from registry.package import Package


class XgboostRuntime:
    """One booster."""

    runs_code: ClassVar[bool] = False

    def __init__(self, package: Package, booster: Any, device: str) -> None:
        self._name = package.manifest.name
        self._booster = booster
        self._device = device
        self._input = package.manifest.signature.inputs[0].name
        self._output = package.manifest.signature.outputs[0]

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Read the model; raises RuntimeUnavailable, for CUDA that is not there too."""
        booster = xgboost.Booster()
        device = "cuda" if resources.device == "cuda" else "cpu"
        if device == "cuda" and not xgboost.build_info().get("USE_CUDA"):
            detail = "this build of XGBoost has no CUDA; install `xgboost` or ask for device cpu"
            raise RuntimeUnavailable("xgboost", detail)
        try:
            booster.load_model(str(package.model_path))
            booster.set_param({"nthread": resources.intra_op_num_threads, "device": device})
        except xgboost.core.XGBoostError as error:
            raise RuntimeUnavailable("xgboost", str(error).splitlines()[0]) from error
        return cls(package, booster, device)

    @property
    def device(self) -> str:
        """Where it computes."""
        return self._device

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """The objective's own output: probabilities, values or ranks."""
        rows = inputs[self._input]
        shape = (len(rows), *self._output.shape[1:])
        try:
            # Names were checked at the door; the booster would ask for them again.
            found = self._booster.inplace_predict(rows, validate_features=False)
        except (xgboost.core.XGBoostError, ValueError) as error:
            raise PredictionFailed(self._name, str(error).splitlines()[0]) from error
        return {self._output.name: np.asarray(found, np.float32).reshape(shape)}

    def contribute(self, rows: Array) -> Array:
        """Exact SHAP values and base, [rows, values, features + 1]; they add up to the raw margin."""
        matrix = xgboost.DMatrix(rows, feature_names=self._booster.feature_names)
        found = np.asarray(self._booster.predict(matrix, pred_contribs=True))
        return found[:, None, :] if found.ndim == 2 else found

    def close(self) -> None:
        """Let the booster go."""
        self._booster = None
