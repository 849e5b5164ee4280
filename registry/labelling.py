"""Put names of features and classes on the tensors of a signature that they fit."""

from dataclasses import replace

from core.dtypes import DataType
from core.errors import InvalidSpec
from core.signature import Signature, TensorSpec

_INDEXES = frozenset({DataType.INT32, DataType.INT64, DataType.UINT32, DataType.UINT64})


def name_columns(
    signature: Signature, features: tuple[str, ...], labels: tuple[str, ...]
) -> Signature:
    """The signature with features on one input and class labels on the outputs.

    Features fit the one input whose last dimension has that length (or is free); or they are the
    names of the inputs themselves. Labels fit the outputs of scores, whose last dimension has that
    length, and of class indexes. Raises InvalidSpec when they fit nothing, or two inputs.
    """
    for kind, names in (("features", features), ("labels", labels)):
        if len(set(names)) != len(names):
            raise InvalidSpec("package", {kind: "a name stands twice"})
    return replace(
        signature,
        inputs=_name_features(signature.inputs, features),
        outputs=_name_labels(signature.outputs, labels),
    )


def _name_features(
    inputs: tuple[TensorSpec, ...], features: tuple[str, ...]
) -> tuple[TensorSpec, ...]:
    if not features or {spec.name for spec in inputs} == set(features):
        return inputs
    count = len(features)
    exact = [spec for spec in inputs if _has_columns(spec) and spec.shape[-1] == count]
    fitting = exact or [spec for spec in inputs if _has_columns(spec) and spec.shape[-1] == -1]
    if len(fitting) != 1:
        shapes = ", ".join(f"'{spec.name}' {spec.described}" for spec in inputs)
        fault = f"{count} names fit {len(fitting)} inputs, and must fit one; inputs: {shapes}"
        raise InvalidSpec("package", {"features": fault})
    chosen = fitting[0]
    return tuple(replace(spec, features=features) if spec is chosen else spec for spec in inputs)


def _name_labels(
    outputs: tuple[TensorSpec, ...], labels: tuple[str, ...]
) -> tuple[TensorSpec, ...]:
    if not labels:
        return outputs
    named = tuple(
        replace(spec, labels=labels) if _fits(spec, len(labels)) else spec for spec in outputs
    )
    if named == outputs:
        shapes = ", ".join(f"'{spec.name}' {spec.described}" for spec in outputs)
        fault = f"{len(labels)} names fit no output; outputs: {shapes}"
        raise InvalidSpec("package", {"labels": fault})
    return named


def _has_columns(spec: TensorSpec) -> bool:
    return len(spec.shape) >= 2


def _fits(spec: TensorSpec, count: int) -> bool:
    holds_scores = _has_columns(spec) and spec.shape[-1] == count
    holds_indexes = spec.datatype in _INDEXES and spec.shape in ((-1,), (-1, 1))
    return holds_scores or holds_indexes
