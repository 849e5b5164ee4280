"""ONNX Runtime: CUDA where there is one and it is wanted, the CPU otherwise."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import onnxruntime

from core.errors import PredictionFailed, RuntimeUnavailable
from core.resources import Resources
from core.tensor import Array
from registry.package import Package

_CUDA = "CUDAExecutionProvider"
_CPU = "CPUExecutionProvider"
_ERRORS_ONLY = 3


class OnnxRuntime:
    """One inference session."""

    runs_code: ClassVar[bool] = False

    def __init__(self, name: str, session: Any) -> None:
        self._name = name
        self._session = session
        self._outputs = [output.name for output in session.get_outputs()]
        self._texts = {
            value.name
            for value in (*session.get_inputs(), *session.get_outputs())
            if value.type == "tensor(string)"
        }

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Open a session; raises RuntimeUnavailable when it cannot be had as it was asked for."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = resources.intra_op_num_threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        try:
            session = onnxruntime.InferenceSession(
                str(package.model_path), options, providers=choose_providers(resources.device)
            )
        except Exception as error:  # ONNX Runtime has a class of its own for each failure
            raise RuntimeUnavailable("onnx", str(error)) from error
        check_providers(resources.device, session.get_providers())
        return cls(package.manifest.name, session)

    @property
    def device(self) -> str:
        """Where the session really runs: ONNX Runtime falls back to the CPU without a word."""
        return "cuda" if _CUDA in self._session.get_providers() else "cpu"

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """Run the session."""
        feed = inputs
        if self._texts:
            feed = {name: self._read_text(name, array) for name, array in inputs.items()}
        try:
            found = self._session.run(None, feed)
        except Exception as error:  # ONNX Runtime has a class of its own for each failure
            raise PredictionFailed(self._name, str(error)) from error
        outputs = dict(zip(self._outputs, found, strict=True))
        if self._texts:
            return {name: self._write_text(name, array) for name, array in outputs.items()}
        return outputs

    def close(self) -> None:
        """Let the session go."""
        self._session = None

    def _read_text(self, name: str, array: Array) -> Array:
        if name not in self._texts:
            return array
        try:
            texts = [element.decode() for element in array.ravel().tolist()]
        except UnicodeDecodeError as error:
            raise PredictionFailed(self._name, f"input '{name}' is not UTF-8 text") from error
        return np.array(texts, np.object_).reshape(array.shape)

    def _write_text(self, name: str, array: Array) -> Array:
        if name not in self._texts:
            return array
        out = np.empty(array.size, np.object_)
        out[:] = [str(element).encode() for element in array.ravel().tolist()]
        return out.reshape(array.shape)


def choose_providers(device: str) -> list[str]:
    """The providers to ask for, best first."""
    if device == "cpu":
        return [_CPU]
    if device == "cuda":
        return [_CUDA, _CPU]
    available = _CUDA in onnxruntime.get_available_providers() and has_cuda_device()
    return [_CUDA, _CPU] if available else [_CPU]


def check_providers(device: str, provided: list[str]) -> None:
    """Raise RuntimeUnavailable when CUDA was asked for by name and the session has not got it."""
    if device == "cuda" and _CUDA not in provided:
        detail = "CUDA was asked for and is not there; install its libraries or ask for device cpu"
        raise RuntimeUnavailable("onnx", detail)


def has_cuda_device() -> bool:
    """Whether the driver shows a device: the GPU build claims its provider on any machine."""
    return Path("/dev/nvidiactl").exists()
