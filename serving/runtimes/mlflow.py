"""MLflow's model folders, by their pyfunc flavour. Loading one unpickles what its author wrote."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from core.dtypes import DataType
from core.errors import PredictionFailed, RuntimeUnavailable
from core.resources import Resources
from core.signature import Signature
from core.tensor import Array, Tensor
from registry.package import Package
from serving.author import describe


class MlflowRuntime:
    """One pyfunc model."""

    runs_code: ClassVar[bool] = True

    def __init__(self, name: str, model: Any, signature: Signature) -> None:
        self._name = name
        self._model = model
        self._signature = signature

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Load the folder that `MLmodel` lies in; raises RuntimeUnavailable."""
        del resources
        import mlflow.pyfunc  # noqa: PLC0415 - seconds, and only such packages need it

        try:
            model = mlflow.pyfunc.load_model(str(package.model_path.parent))
        except Exception as error:  # MLflow and the author raise plain errors of many kinds
            raise RuntimeUnavailable("mlflow", describe(error)) from error
        return cls(package.manifest.name, model, package.manifest.signature)

    @property
    def device(self) -> str:
        """The flavour's business; pyfunc does not say."""
        return "cpu"

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """What pyfunc's `predict` gives, by the names of the signature."""
        try:
            found = self._model.predict(self._join(inputs))
            return self._take_apart(found)
        except Exception as error:  # as above
            raise PredictionFailed(self._name, describe(error)) from error

    def close(self) -> None:
        """Let the model go."""
        self._model = None

    def _join(self, inputs: Mapping[str, Array]) -> Any:
        """A frame for columns, the array itself for one tensor, a dictionary for several."""
        specs = self._signature.inputs
        if any(spec.features for spec in specs) or all(len(spec.shape) == 1 for spec in specs):
            import pandas as pd  # noqa: PLC0415 - a second, and only models of columns need it

            columns: dict[str, Any] = {}
            for spec in specs:
                array = inputs[spec.name]
                for index, name in enumerate(spec.features or (spec.name,)):
                    column = array[:, index] if array.ndim == 2 else array
                    columns[name] = _as_text(column) if spec.datatype is DataType.BYTES else column
            return pd.DataFrame(columns)
        if len(specs) == 1:
            return inputs[specs[0].name]
        return dict(inputs)

    def _take_apart(self, found: Any) -> Mapping[str, Array]:
        outputs = self._signature.outputs
        if isinstance(found, Mapping):
            named = {spec.name: found[spec.name] for spec in outputs}
        elif hasattr(found, "columns") and len(outputs) > 1:
            named = {spec.name: found[spec.name].to_numpy() for spec in outputs}
        else:
            named = {outputs[0].name: getattr(found, "to_numpy", lambda: found)()}
        arrays: dict[str, Array] = {}
        for spec in outputs:
            array = Tensor.of(spec.name, np.asarray(named[spec.name])).array
            if len(spec.shape) == 1 and array.ndim == 2 and array.shape[1] == 1:
                array = array[:, 0]
            kept = array if spec.datatype is DataType.BYTES else array.astype(spec.datatype.numpy)
            arrays[spec.name] = kept
        return arrays


def _as_text(column: Array) -> list[str]:
    return [one.decode() for one in column.tolist()]
