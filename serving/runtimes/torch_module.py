"""PyTorch weights in safetensors, for a module class of the package: `module` names it as `file:Class`."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import torch
from safetensors.torch import load_file

from core.errors import RuntimeUnavailable
from core.resources import Resources
from core.tensor import Array
from registry.package import Package
from registry.paths import locate
from serving.author import import_author
from serving.torch_session import TorchSession

_OPTION = "module"
_ARGUMENT = "argument."


class TorchModuleRuntime:
    """A class of the author's with safe weights. Options `argument.x` are its constructor's."""

    runs_code: ClassVar[bool] = True

    def __init__(self, session: TorchSession) -> None:
        self._session = session

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Build the module and read its weights; raises RuntimeUnavailable."""
        kind = _find_class(package)
        arguments = {
            name.removeprefix(_ARGUMENT): value
            for name, value in package.manifest.options.items()
            if name.startswith(_ARGUMENT)
        }

        def read(device: torch.device) -> Any:
            module = kind(**arguments)
            module.load_state_dict(load_file(package.model_path, device=device.type))
            return module.to(device).eval()

        return cls(TorchSession.open(package, read, resources))

    @property
    def device(self) -> str:
        """Where it computes."""
        return self._session.device

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """Run the module."""
        return self._session.predict(inputs)

    def forward(self, output: str) -> Callable[[Any], Any]:
        """As `serving.explainers.integrated_gradients.Differentiable` says."""
        return self._session.forward(output)

    def close(self) -> None:
        """Let the module go."""
        self._session.close()


def _find_class(package: Package) -> Any:
    file, _, name = str(package.manifest.options.get(_OPTION, "")).partition(":")
    if not file or not name:
        detail = "option `module` must name a class of the package, as model.py:Class"
        raise RuntimeUnavailable("torch_module", detail)
    module = import_author("torch_module", locate(package.folder, file))
    if not hasattr(module, name):
        raise RuntimeUnavailable("torch_module", f"'{file}' has no class {name!r}")
    return getattr(module, name)
