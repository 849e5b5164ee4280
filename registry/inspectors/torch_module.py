"""Weights in safetensors: the class that they belong to, and its tensors, are the draft's to name."""

import json
from pathlib import Path

from core.errors import PackageCorrupt
from registry.inspector import Inspection

_MAX_HEADER = 100 * 2**20


class TorchModuleInspector:
    """`.safetensors`; Python files beside it come along."""

    def inspect(self, source: Path) -> Inspection:
        """As `Inspector` says."""
        weights = _read_header(source)
        modules = sorted(path.name for path in source.parent.glob("*.py"))
        return Inspection(
            signature=None,
            runtime="torch_module",
            platform="pytorch",
            companions=tuple(modules),
            notes=(f"{len(weights)} tensors of weights",),
        )


def _read_header(source: Path) -> list[str]:
    """The tensors' names. Source: the format's description by Hugging Face."""
    try:
        with source.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            if not 1 < length <= _MAX_HEADER:
                raise PackageCorrupt(source.name, "not a file of safetensors")
            header = json.loads(opened.read(length))
    except (OSError, ValueError) as error:
        raise PackageCorrupt(source.name, "not a file of safetensors") from error
    if not isinstance(header, dict):
        raise PackageCorrupt(source.name, "not a file of safetensors")
    return [name for name in header if name != "__metadata__"]
