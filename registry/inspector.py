"""Inspectors: they read a model's files and say what it takes and gives, without running it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from core.errors import InvalidSpec
from core.plugins import load
from core.signature import Signature


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found. No `signature`: the model does not say, so the draft must.

    `companions` are further files that the model needs, relative to its folder. `model_file` is the file
    of a folder that the runtime opens first, empty where the source is that file. `options` are those of
    the runtime that the files themselves give. `silence` is why there is no signature.
    """

    signature: Signature | None
    runtime: str
    platform: str
    companions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    model_file: str = ""
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    silence: str = ""

    def sign(self) -> Signature:
        """The signature that was found; raises InvalidSpec when the model says none."""
        if self.signature is None:
            silence = self.silence or "the model does not say what it takes and gives"
            fault = f"{silence}; add inputs and outputs"
            raise InvalidSpec("package", {"signature": fault})
        return self.signature


class Inspector(Protocol):
    """Reads one kind of model; called once for each package that is built."""

    def inspect(self, source: Path) -> Inspection:
        """Read the file or folder at `source`; loads no weights and runs no code of the model.

        Raises PackageCorrupt for a file that cannot be read as this kind, InvalidSpec for a model
        that cannot be served (the text says what to change), UnsafePath for a companion elsewhere.
        """
        ...


INSPECTORS: Mapping[str, str] = {
    "onnx": "registry.inspectors.onnx:OnnxInspector",
    "xgboost": "registry.inspectors.xgboost:XgboostInspector",
    "lightgbm": "registry.inspectors.lightgbm:LightgbmInspector",
    "sklearn": "registry.inspectors.sklearn:SklearnInspector",
    "torch_export": "registry.inspectors.torch_export:TorchExportInspector",
    "torchscript": "registry.inspectors.torchscript:TorchscriptInspector",
    "torch_module": "registry.inspectors.torch_module:TorchModuleInspector",
    "python": "registry.inspectors.python:PythonInspector",
    "sagemaker": "registry.inspectors.sagemaker:SagemakerInspector",
    "mlflow": "registry.inspectors.mlflow:MlflowInspector",
    "remote": "registry.inspectors.remote:RemoteInspector",
    "ensemble": "registry.inspectors.ensemble:EnsembleInspector",
}
# What a file's name ends in, and what marks a folder, says which of them reads it: the first that fits.
SUFFIXES: Mapping[str, str] = {
    ".onnx": "onnx",
    "remote.json": "remote",
    "ensemble.json": "ensemble",
    ".ubj": "xgboost",
    ".json": "xgboost",
    ".txt": "lightgbm",
    ".skops": "sklearn",
    ".pt2": "torch_export",
    ".pt": "torchscript",
    ".safetensors": "torch_module",
    ".py": "python",
}
MARKERS: Mapping[str, str] = {
    "ensemble.json": "ensemble",
    "MLmodel": "mlflow",
    "code/inference.py": "sagemaker",
    "model.py": "python",
}


def inspect_model(source: Path, kind: str | None = None) -> Inspection:
    """Inspect a model by its `kind`, else by its suffix or marker; raises InvalidSpec for neither."""
    chosen = kind or _recognise(source)
    if chosen not in INSPECTORS:
        raise InvalidSpec("model", {"kind": f"'{chosen}' is not one of {', '.join(INSPECTORS)}"})
    inspector: Inspector = load("inspector", INSPECTORS, chosen)()
    return inspector.inspect(source)


def _recognise(source: Path) -> str:
    if source.is_dir():
        for marker, kind in MARKERS.items():
            if (source / marker).is_file():
                return kind
        known = ", ".join(MARKERS)
        raise InvalidSpec("model folder", {"files": f"'{source.name}' has none of {known}"})
    for suffix, kind in SUFFIXES.items():
        if source.name.lower().endswith(suffix):
            return kind
    known = ", ".join(SUFFIXES)
    raise InvalidSpec("model file", {"suffix": f"'{source.name}' is not one of {known}"})
