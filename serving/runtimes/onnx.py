"""ONNX Runtime: the provider that is wanted (TensorRT, CUDA), the CPU otherwise."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from core.errors import PredictionFailed, RuntimeUnavailable
from core.resources import Resources
from core.tensor import Array
from registry.package import Package
from serving.onnx_options import OnnxOptions, name_device
from serving.onnx_value import BF16, TEXT, bind_input, read_text, take_value, write_text


class OnnxRuntime:
    """One inference session.

    It runs with I/O binding on a GPU, so that tensors go there and back once, and where numpy has not
    got a tensor's type; plainly otherwise, which is quicker for small ones.
    """

    runs_code: ClassVar[bool] = False

    def __init__(self, name: str, session: Any) -> None:
        self._name = name
        self._session = session
        self._outputs = [output.name for output in session.get_outputs()]
        self._device = name_device(session.get_providers())
        types = {
            value.name: value.type for value in (*session.get_inputs(), *session.get_outputs())
        }
        self._texts = {value for value, kind in types.items() if kind == TEXT}
        if self._texts and BF16 in types.values():
            detail = "ONNX Runtime cannot be given text and BF16 together; cast one in the graph"
            raise RuntimeUnavailable("onnx", detail)
        # Text cannot be bound; ONNX Runtime keeps it on the CPU anyway.
        self._is_bound = not self._texts and (self._device != "cpu" or BF16 in types.values())
        # Else a run that fails on the GPU would move the session to the CPU without a word.
        session.disable_fallback()

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Open a session; raises RuntimeUnavailable when it cannot be had as it was asked for."""
        options = OnnxOptions.of(package.manifest.options)
        session = options.open_session(package.model_path, resources)
        return cls(package.manifest.name, session)

    @property
    def device(self) -> str:
        """Where the session really runs: ONNX Runtime falls back to the CPU without a word."""
        return self._device

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """Run the session."""
        feed = inputs
        if self._texts:
            feed = {name: self._read_text(name, array) for name, array in inputs.items()}
        try:
            outputs = self._run_bound(feed) if self._is_bound else self._run(feed)
        except Exception as error:  # ONNX Runtime has a class of its own for each failure
            raise PredictionFailed(self._name, str(error)) from error
        if self._texts:
            return {
                name: write_text(array) if name in self._texts else array
                for name, array in outputs.items()
            }
        return outputs

    def close(self) -> None:
        """Let the session go."""
        self._session = None

    def _run(self, feed: Mapping[str, Array]) -> Mapping[str, Array]:
        return dict(zip(self._outputs, self._session.run(self._outputs, feed), strict=True))

    def _run_bound(self, feed: Mapping[str, Array]) -> Mapping[str, Array]:
        binding = self._session.io_binding()
        for name, array in feed.items():
            bind_input(binding, name, array)
        for name in self._outputs:
            binding.bind_output(name)
        self._session.run_with_iobinding(binding)
        found = binding.get_outputs()
        return {name: take_value(value) for name, value in zip(self._outputs, found, strict=True)}

    def _read_text(self, name: str, array: Array) -> Array:
        if name not in self._texts:
            return array
        try:
            return read_text(array)
        except UnicodeDecodeError as error:
            raise PredictionFailed(self._name, f"input '{name}' is not UTF-8 text") from error
