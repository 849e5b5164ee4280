"""SageMaker's model archives: `code/inference.py` with `model_fn`, `input_fn`, `predict_fn`, `output_fn`.

Source: SageMaker's inference toolkit. A function that the script lacks has the toolkit's default:
`input_fn` reads JSON, CSV and NPY into an array, `predict_fn` calls the model, `output_fn` writes likewise.
"""

import io
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import orjson

from core.errors import PredictionFailed, RuntimeUnavailable
from core.resources import Resources
from core.signature import Signature
from core.tensor import Array, Tensor
from registry.package import Package
from serving.author import describe, import_author

JSON, CSV, NPY = "application/json", "text/csv", "application/x-npy"
_BODY, _TYPE, _ACCEPT = "body", "content_type", "accept"


class SagemakerRuntime:
    """One loaded script. With a signature of `body` it gets bytes as they came, else tensors as NPY."""

    runs_code: ClassVar[bool] = True

    def __init__(self, name: str, script: "Script", model: Any, signature: Signature) -> None:
        self._name = name
        self._script = script
        self._model = model
        self._signature = signature
        self._is_raw = signature.input(_BODY) is not None

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Import the script and call `model_fn` with the package's folder; raises RuntimeUnavailable."""
        del resources
        module = import_author("sagemaker", package.model_path)
        if not hasattr(module, "model_fn"):
            raise RuntimeUnavailable("sagemaker", "the script has no `model_fn`")
        try:
            model = module.model_fn(str(package.folder))
        except Exception as error:  # an author's function may raise anything
            raise RuntimeUnavailable("sagemaker", describe(error)) from error
        return cls(package.manifest.name, Script(module), model, package.manifest.signature)

    @property
    def device(self) -> str:
        """The script's business; SageMaker's scripts do not say."""
        return "cpu"

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """The script's answer; raises PredictionFailed with the author's error."""
        try:
            if self._is_raw:
                return self._answer_raw(inputs)
            return self._answer_tensors(inputs)
        except Exception as error:  # an author's function may raise anything
            raise PredictionFailed(self._name, describe(error)) from error

    def close(self) -> None:
        """Let the model go."""
        self._model = None

    def _answer_raw(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        given = _first(inputs, _TYPE, JSON)
        accept = _first(inputs, _ACCEPT, given)
        body = bytes(inputs[_BODY].reshape(-1)[0])
        answer, kind = self._script.answer(self._model, body, given, accept)
        return {
            _BODY: Tensor.of(_BODY, [answer]).array,
            _TYPE: Tensor.of(_TYPE, [kind]).array,
        }

    def _answer_tensors(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        given = inputs[self._signature.inputs[0].name]
        wanted = self._signature.outputs[0]
        answer, kind = self._script.answer(self._model, write_array(given, NPY), NPY, NPY)
        return {wanted.name: np.asarray(read_array(answer, kind), wanted.datatype.numpy)}


class Script:
    """The four functions, with the toolkit's defaults."""

    def __init__(self, module: Any) -> None:
        self._input: Callable[..., Any] = getattr(module, "input_fn", read_array)
        self._predict: Callable[..., Any] = getattr(module, "predict_fn", _call_model)
        self._output: Callable[..., Any] = getattr(module, "output_fn", write_array)

    def answer(self, model: Any, body: bytes, given: str, accept: str) -> tuple[bytes, str]:
        """The answer's bytes and content type."""
        found = self._output(self._predict(self._input(body, given), model), accept)
        if isinstance(found, tuple) and len(found) == 2:
            found, accept = found
        return found.encode() if isinstance(found, str) else bytes(found), accept


def read_array(body: bytes, content_type: str) -> Any:
    """The toolkit's default `input_fn`; raises ValueError for a type that it does not know."""
    match content_type.partition(";")[0].strip():
        case "application/json":
            return np.array(orjson.loads(body))
        case "text/csv":
            return np.genfromtxt(io.BytesIO(body), dtype=np.float32, delimiter=",", ndmin=2)
        case "application/x-npy":
            return np.load(io.BytesIO(body), allow_pickle=False)
        case other:
            raise ValueError(f"no input_fn, and content type {other!r} is not read by default")


def write_array(prediction: Any, accept: str) -> bytes:
    """The toolkit's default `output_fn`; raises ValueError for a type that it does not know."""
    array = np.asarray(prediction)
    match accept.partition(";")[0].strip():
        case "text/csv":
            out = io.BytesIO()
            np.savetxt(out, array if array.ndim > 1 else array[:, None], delimiter=",", fmt="%s")
            return out.getvalue()
        case "application/x-npy":
            out = io.BytesIO()
            np.save(out, array, allow_pickle=False)
            return out.getvalue()
        case "application/json" | "*/*":
            return orjson.dumps(array.tolist())
        case other:
            raise ValueError(f"no output_fn, and accept {other!r} is not written by default")


def _call_model(data: Any, model: Any) -> Any:
    return model.predict(data) if hasattr(model, "predict") else model(data)


def _first(inputs: Mapping[str, Array], name: str, default: str) -> str:
    if name not in inputs or not inputs[name].size:
        return default
    return str(bytes(inputs[name].reshape(-1)[0]).decode()) or default
