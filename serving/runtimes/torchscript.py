"""TorchScript archives (`.pt`), which PyTorch reads still and recommends no more: prefer `torch.export`."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import torch

from core.resources import Resources
from core.tensor import Array
from registry.package import Package
from serving.torch_session import TorchSession


class TorchscriptRuntime:
    """A scripted or traced module. It is a program of its author, though not of Python."""

    runs_code: ClassVar[bool] = True

    def __init__(self, session: TorchSession) -> None:
        self._session = session

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Read the archive; raises RuntimeUnavailable."""

        def read(device: torch.device) -> Any:
            with warnings.catch_warnings():
                # The deprecation is its author's business: there is nothing that a replica could change.
                warnings.simplefilter("ignore", DeprecationWarning)
                archive: Any = torch.jit
                return archive.load(str(package.model_path), map_location=device).eval()

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
