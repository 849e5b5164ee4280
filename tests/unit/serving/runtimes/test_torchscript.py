from pathlib import Path
from typing import Any

import pytest
import torch

from core.dtypes import DataType
from core.signature import TensorSpec
from registry.package import Package, PackageDraft, build_package
from tests.contracts.runtime import RuntimeContract

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
DRAFT = PackageDraft(
    name="linear",
    inputs=(TensorSpec("features", DataType.FP32, (-1, 4)),),
    outputs=(TensorSpec("scores", DataType.FP32, (-1, 2)),),
)


class Plain(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weights = torch.nn.Parameter(torch.arange(8, dtype=torch.float32).reshape(4, 2))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features @ self.weights


class TestTorchscriptRuntime(RuntimeContract):
    name = "torchscript"

    def make_package(self, folder: Path) -> Package:
        source = folder.with_name(f"{folder.name}-source")
        source.mkdir()
        trace: Any = torch.jit.trace
        traced = trace(Plain(), torch.zeros(1, 4))
        traced.save(str(source / "model.pt"))
        return Package(folder, build_package(source / "model.pt", folder, DRAFT))
