"""PyTorch programs of `torch.export` (`.pt2`)."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import torch

from core.resources import Resources
from core.tensor import Array
from registry.package import Package
from serving.torch_session import TorchSession


class TorchExportRuntime:
    """An exported program.

    It holds no Python, but reading it evaluates its symbolic expressions and may unpickle constants.
    """

    runs_code: ClassVar[bool] = True

    def __init__(self, session: TorchSession) -> None:
        self._session = session

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Read the program; raises RuntimeUnavailable."""

        def read(device: torch.device) -> Any:
            # Such modules know neither train() nor eval(): what they do was fixed by the export.
            return torch.export.load(package.model_path).module().to(device)

        return cls(TorchSession.open(package, read, resources))

    @property
    def device(self) -> str:
        """Where it computes."""
        return self._session.device

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """Run the program."""
        return self._session.predict(inputs)

    def forward(self, output: str) -> Callable[[Any], Any]:
        """As `serving.explainers.integrated_gradients.Differentiable` says."""
        return self._session.forward(output)

    def close(self) -> None:
        """Let the program go."""
        self._session.close()
