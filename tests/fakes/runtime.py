"""A runtime that doubles what it is given, and can be held or made to fail."""

import threading
from collections.abc import Mapping
from typing import ClassVar, Self

from core.resources import Resources
from core.tensor import Array
from registry.package import Package


class FakeRuntime:
    """Answers `y = 2 x`. `batches` keeps the rows of each run; a row of `poison` fails the run.

    While `gate` is clear, a run waits.
    """

    runs_code: ClassVar[bool] = False
    device = "cpu"

    def __init__(self, poison: float | None = None) -> None:
        self.batches: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self._poison = poison

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        return cls()

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        self.entered.set()
        if not self.gate.wait(10):
            raise TimeoutError("nobody opened the gate")
        rows = inputs["x"]
        self.batches.append(len(rows))
        if self._poison is not None and (rows == self._poison).any():
            raise ValueError("poisoned")
        return {"y": rows * 2}

    def close(self) -> None:
        self.gate.set()
