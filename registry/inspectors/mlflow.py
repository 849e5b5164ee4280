"""MLflow's model folders: flavours and signature from `MLmodel`, which is YAML."""

import json
from pathlib import Path
from typing import Any

import yaml

from core.dtypes import DataType
from core.errors import InvalidSpec, PackageCorrupt
from core.signature import Signature, TensorSpec
from registry.inspector import Inspection
from registry.tree import list_tree

MARKER = "MLmodel"
_COLUMNS = {
    "boolean": DataType.BOOL, "integer": DataType.INT32, "long": DataType.INT64,
    "float": DataType.FP32, "double": DataType.FP64, "string": DataType.BYTES,
    "binary": DataType.BYTES,
}  # fmt: skip


class MlflowInspector:
    """A folder with `MLmodel` that has the flavour python_function."""

    def inspect(self, source: Path) -> Inspection:
        """As `Inspector` says."""
        document = _read(source / MARKER)
        if "python_function" not in document.get("flavors", {}):
            fault = "it has no flavour python_function"
            raise InvalidSpec("MLflow model", {"flavors": fault})
        listed = ", ".join(document["flavors"])
        return Inspection(
            signature=_sign(document.get("signature") or {}),
            runtime="mlflow",
            platform="mlflow_pyfunc",
            companions=tuple(path for path in list_tree(source) if path != MARKER),
            notes=(f"flavours {listed}; runs only where the operator trusts 'mlflow'",),
            model_file=MARKER,
        )


def _read(file: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(file.read_bytes())
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise PackageCorrupt(MARKER, "not YAML") from error
    if not isinstance(document, dict):
        raise PackageCorrupt(MARKER, "not a description of a model")
    return document


def _sign(document: dict[str, Any]) -> Signature | None:
    """The signature, None when either side is missing or of a form that tensors have not."""
    try:
        inputs = _read_side(json.loads(document["inputs"]), "input")
        outputs = _read_side(json.loads(document["outputs"]), "predictions")
    except (KeyError, ValueError, TypeError):
        return None
    batched = all(spec.shape[:1] == (-1,) for spec in (*inputs, *outputs))
    return Signature(inputs, outputs, batched=batched)


def _read_side(columns: list[dict[str, Any]], unnamed: str) -> tuple[TensorSpec, ...]:
    if columns[0]["type"] == "tensor":
        return tuple(_read_tensor(one, unnamed) for one in columns)
    kinds = [_COLUMNS[one["type"]] for one in columns]
    names = [str(one.get("name") or unnamed) for one in columns]
    if len(columns) > 1 and set(kinds) <= {DataType.FP32, DataType.FP64} and unnamed == "input":
        # Columns of floats make one matrix, so that rows travel as one tensor.
        kind = DataType.FP64 if DataType.FP64 in kinds else DataType.FP32
        return (TensorSpec(unnamed, kind, (-1, len(names)), features=tuple(names)),)
    return tuple(TensorSpec(name, kind, (-1,)) for name, kind in zip(names, kinds, strict=True))


def _read_tensor(one: dict[str, Any], unnamed: str) -> TensorSpec:
    import numpy as np  # noqa: PLC0415 - for the name of a type only

    told = one["tensor-spec"]
    kind = DataType.of(np.dtype(told["dtype"]))
    return TensorSpec(str(one.get("name") or unnamed), kind, tuple(told["shape"]))
