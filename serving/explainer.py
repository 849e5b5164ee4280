"""Explainers: how much each feature moved an answer. One file each in `serving/explainers`.

An explainer is served like a model: by replicas of its own, so that what it imports and computes never
slows inference. Its signature has the model's inputs, and for the output that it explains
`{output}.attributions` [rows, values, features] and `{output}.base` [rows, values], where attributions and
base add up to the model's own value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np

from core.dtypes import DataType
from core.errors import InvalidSpec
from core.plugins import load
from core.resources import Resources
from core.signature import Signature, TensorSpec
from core.tensor import Array
from registry.manifest import Manifest
from registry.package import Package
from serving.runtime import Runtime, load_runtime

EXPLAINERS: Mapping[str, str] = {
    "shap": "serving.explainers.shap:ShapExplainer",
    "integrated_gradients": "serving.explainers.integrated_gradients:IntegratedGradientsExplainer",
}
_OPTION = "explain"
_FLOATS = (DataType.FP32, DataType.FP64)


@dataclass(frozen=True, slots=True, eq=False)
class Attributions:
    """For each row, value of the output and feature how much it added to `base`: FP32.

    `values` is [rows, values, features], `base` [rows, values].
    """

    values: Array
    base: Array


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What is explained: a loaded model, its one input of features, the output, and typical rows."""

    runtime: Runtime
    input: TensorSpec
    output: TensorSpec
    background: Array
    samples: int

    def predict(self, rows: Array) -> Array:
        """The output [rows, values] as FP64 for feature rows [rows, features]."""
        given = np.ascontiguousarray(rows, self.input.datatype.numpy)
        found = self.runtime.predict({self.input.name: given})[self.output.name]
        values: Array = np.asarray(found, np.float64).reshape(len(given), -1)
        return values


class Explainer(Protocol):
    """Explains one model; built once, called from one thread at a time."""

    def __init__(self, subject: Subject) -> None:
        """Raises RuntimeUnavailable for a model that this way cannot explain."""
        ...

    def explain(self, rows: Array) -> Attributions:
        """Attributions of feature rows [rows, features]. Raises PredictionFailed."""
        ...


def is_explained(manifest: Manifest) -> bool:
    """Whether the package asks to be explained."""
    return f"{_OPTION}.method" in manifest.options


def find_subject(manifest: Manifest) -> tuple[TensorSpec, TensorSpec]:
    """The input and output that are explained: one input of features, the first output of floats.

    The option `explain.output` names another output. Raises InvalidSpec for a model without these.
    """
    signature = manifest.signature
    wanted = manifest.options.get(f"{_OPTION}.output")
    inputs = [spec for spec in signature.inputs if not spec.optional]
    if len(inputs) != 1 or len(inputs[0].shape) != 2 or not signature.batched:
        raise InvalidSpec("explain", {"input": "one batched input [-1, features] can be explained"})
    for spec in signature.outputs:
        if spec.datatype in _FLOATS and wanted in (None, spec.name):
            return inputs[0], spec
    raise InvalidSpec("explain", {"output": "no output of floats of this name"})


def sign_explanation(manifest: Manifest) -> Signature:
    """The signature of the package's explainer; raises as `find_subject` does."""
    given, explained = find_subject(manifest)
    return Signature(
        (given,),
        (
            TensorSpec(f"{explained.name}.attributions", DataType.FP32, (-1, -1, given.shape[1])),
            TensorSpec(f"{explained.name}.base", DataType.FP32, (-1, -1)),
        ),
        batched=True,
    )


class ExplainerRuntime:
    """A package's explainer in the form of a runtime, so that a replica can serve it."""

    runs_code: ClassVar[bool] = False

    def __init__(self, subject: Subject, explainer: Explainer) -> None:
        self._subject = subject
        self._explainer = explainer

    @classmethod
    def load(
        cls, package: Package, resources: Resources, trusted: frozenset[str] = frozenset()
    ) -> Self:
        """Load the model and its explainer; raises RuntimeUnavailable, InvalidSpec."""
        options = package.manifest.options
        given, explained = find_subject(package.manifest)
        subject = Subject(
            load_runtime(package, resources, trusted),
            given,
            explained,
            read_background(package, given, int(options.get(f"{_OPTION}.background", 50))),
            int(options.get(f"{_OPTION}.samples", 0)),
        )
        kind: type[Explainer] = load("explainer", EXPLAINERS, str(options[f"{_OPTION}.method"]))
        return cls(subject, kind(subject))

    @property
    def device(self) -> str:
        """Where the model runs."""
        return self._subject.runtime.device

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """Attributions and base of these rows."""
        found = self._explainer.explain(inputs[self._subject.input.name])
        name = self._subject.output.name
        return {
            f"{name}.attributions": found.values.astype(np.float32),
            f"{name}.base": found.base.astype(np.float32),
        }

    def close(self) -> None:
        """Give the model back."""
        self._subject.runtime.close()


def read_background(package: Package, given: TensorSpec, rows: int) -> Array:
    """Typical rows [rows, features]: evenly spread over the baseline sample, zeros without one."""
    if package.sample_path is None:
        return np.zeros((1, max(1, given.shape[1])), np.float64)
    # Only explainers read samples: other replicas must not pay for Arrow.
    from pyarrow import parquet  # noqa: PLC0415 - see above

    table = parquet.read_table(package.sample_path, columns=list(given.features))
    taken = np.unique(np.linspace(0, table.num_rows - 1, min(rows, table.num_rows)).astype(int))
    columns = [np.asarray(table.column(name).to_numpy(), np.float64) for name in given.features]
    matrix: Array = np.stack(columns, axis=1)[taken]
    return matrix
