"""A PyTorch model between numpy arrays: device, precision, compilation, and copies to and from the GPU."""

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import torch

from core.dtypes import DataType
from core.errors import PredictionFailed, RuntimeUnavailable
from core.resources import Resources
from core.signature import Signature
from core.tensor import Array
from registry.package import Package

_AUTOCAST = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class TorchSession:
    """Runs a module's forward pass. `name` is the model's, for errors."""

    def __init__(
        self, name: str, module: Any, signature: Signature, device: torch.device, autocast: str
    ) -> None:
        self._name = name
        self._module = module
        self._signature = signature
        self._device = device
        self._autocast = _AUTOCAST.get(autocast)
        # A stream of its own: instances on one GPU overlap their copies with each other's work.
        self._stream: Any = None
        if device.type == "cuda":
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # torch ships it so

    @classmethod
    def open(
        cls, package: Package, load: Callable[[torch.device], Any], resources: Resources
    ) -> Self:
        """Load by `load` to the device that the resources name, as the manifest's options say.

        Options: `autocast` (bfloat16, float16), `compile` (a boolean). Raises RuntimeUnavailable.
        """
        manifest = package.manifest
        device = choose_device(manifest.runtime, resources.device)
        for spec in (*manifest.signature.inputs, *manifest.signature.outputs):
            if spec.datatype is DataType.BYTES:
                raise RuntimeUnavailable(manifest.runtime, f"'{spec.name}': PyTorch has no BYTES")
        autocast = str(manifest.options.get("autocast", ""))
        if autocast and autocast not in _AUTOCAST:
            detail = f"option autocast must be one of {', '.join(_AUTOCAST)}"
            raise RuntimeUnavailable(manifest.runtime, detail)
        torch.set_num_threads(resources.intra_op_num_threads)
        try:
            module = load(device)
        except Exception as error:  # PyTorch raises plain errors of many kinds
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise RuntimeUnavailable(manifest.runtime, first[:500]) from error
        if manifest.options.get("compile"):
            module = torch.compile(module)
        return cls(manifest.name, module, manifest.signature, device, autocast)

    @property
    def device(self) -> str:
        """`cpu` or `cuda`."""
        return self._device.type

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """The module's outputs by the signature's names; raises PredictionFailed."""
        try:
            with torch.inference_mode(), self._cast():
                if self._stream is None:
                    return self._run(inputs)
                with torch.cuda.stream(self._stream):
                    found = self._run(inputs)
                self._stream.synchronize()
                return found
        except Exception as error:  # as above
            raise PredictionFailed(self._name, f"{type(error).__name__}: {error}") from error

    def forward(self, output: str) -> Callable[[Any], Any]:
        """The function from the one input's tensor to this output's, with gradients."""
        return lambda rows: self._name_outputs(self._module(rows.to(self._device)))[output]

    def close(self) -> None:
        """Let the module go."""
        self._module = None

    def _cast(self) -> Any:
        enabled = self._autocast is not None
        return torch.autocast(self._device.type, dtype=self._autocast, enabled=enabled)

    def _run(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        given = [self._send(inputs[name]) for name in self._order(inputs)]
        found = self._name_outputs(self._module(*given))
        return {
            spec.name: to_numpy(found[spec.name], spec.datatype) for spec in self._signature.outputs
        }

    def _order(self, inputs: Mapping[str, Array]) -> list[str]:
        """The inputs by position: an optional one may be missing only where none follows it."""
        names = [spec.name for spec in self._signature.inputs]
        there = [name for name in names if name in inputs]
        if there != names[: len(there)]:
            missing = next(name for name in names if name not in inputs)
            raise ValueError(f"'{there[-1]}' cannot be given without '{missing}'")
        return there

    def _send(self, array: Array) -> torch.Tensor:
        tensor = to_torch(array)
        if self._stream is None:
            return tensor
        # Only from pinned memory does a copy run beside the GPU's work.
        return tensor.pin_memory().to(self._device, non_blocking=True)

    def _name_outputs(self, found: Any) -> Mapping[str, torch.Tensor]:
        if isinstance(found, Mapping):
            return found
        listed = found if isinstance(found, (tuple, list)) else (found,)
        names = [spec.name for spec in self._signature.outputs]
        return dict(zip(names, listed, strict=True))


def choose_device(runtime: str, wanted: str) -> torch.device:
    """The device to use; raises RuntimeUnavailable when CUDA was asked for and is not there."""
    if wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        detail = "CUDA was asked for and is not there; install its libraries or ask for device cpu"
        raise RuntimeUnavailable(runtime, detail)
    return torch.device("cuda")


def to_torch(array: Array) -> torch.Tensor:
    """A tensor over the array's memory, or of a copy where that may not be written."""
    if not array.flags.writeable or not array.flags.c_contiguous:
        array = np.array(array, order="C")
    if DataType.of(array.dtype) is DataType.BF16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def to_numpy(tensor: torch.Tensor, datatype: DataType) -> Array:
    """The tensor on the CPU as an array of the protocol's type."""
    held = tensor.detach().cpu().contiguous()
    if held.dtype is torch.bfloat16:
        found: Array = held.view(torch.int16).numpy().view(DataType.BF16.numpy)
    else:
        found = held.numpy()
    return found if found.dtype == datatype.numpy else found.astype(datatype.numpy)
