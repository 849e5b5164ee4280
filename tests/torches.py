"""The smallest real PyTorch models, made on the spot."""

from pathlib import Path

import torch
from safetensors.torch import save_file

MODULE = """
import torch


class Linear(torch.nn.Module):
    def __init__(self, features=4):
        super().__init__()
        self.weights = torch.nn.Parameter(torch.zeros(features, 2))

    def forward(self, features):
        return features @ self.weights
"""


class Linear(torch.nn.Module):
    """`scores = features @ W`, as `tests.samples` has it in ONNX."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = torch.nn.Parameter(torch.arange(8, dtype=torch.float32).reshape(4, 2))

    def forward(self, features: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"scores": features @ self.weights}


def export(folder: Path, *, dynamic: bool = True) -> Path:
    """The model as a program of `torch.export`."""
    folder.mkdir(parents=True)
    rows = {0: torch.export.Dim.DYNAMIC} if dynamic else {}
    program = torch.export.export(Linear(), (torch.zeros(2, 4),), dynamic_shapes={"features": rows})
    torch.export.save(program, folder / "model.pt2")
    return folder / "model.pt2"


def write_weights(folder: Path) -> Path:
    """Its weights in safetensors, beside a module with its class."""
    folder.mkdir(parents=True)
    save_file({"weights": Linear().weights.data.contiguous()}, folder / "model.safetensors")
    (folder / "net.py").write_text(MODULE)
    return folder / "model.safetensors"
