"""Runtimes: code that runs a package. One file each in `serving/runtimes`, loaded by name."""

from collections.abc import Mapping
from typing import Protocol, Self

from core.spec import Resources
from core.tensor import Array
from registry.package import Package

RUNTIMES: Mapping[str, str] = {
    "onnx": "serving.runtimes.onnx:OnnxRuntime",
}


class Runtime(Protocol):
    """One loaded package. A replica holds one, and calls it from one thread at a time."""

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Load the package; raises RuntimeUnavailable, saying what to change."""
        ...

    @property
    def device(self) -> str:
        """`cpu` or `cuda`: where it really runs."""
        ...

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """Every output of the model for these inputs; the arrays belong to the caller.

        Inputs fit the package's signature and may be read-only. Raises PredictionFailed.
        """
        ...

    def close(self) -> None:
        """Give memory back; nothing is called afterwards."""
        ...
