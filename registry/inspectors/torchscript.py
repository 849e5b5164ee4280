"""TorchScript archives: they do not say what they take, so the draft must."""

from pathlib import Path
from zipfile import is_zipfile

from core.errors import PackageCorrupt
from registry.inspector import Inspection


class TorchscriptInspector:
    """`.pt`, as `torch.jit.save` writes it."""

    def inspect(self, source: Path) -> Inspection:
        """As `Inspector` says."""
        if not is_zipfile(source):
            raise PackageCorrupt(source.name, "not an archive of TorchScript")
        return Inspection(signature=None, runtime="torchscript", platform="pytorch_libtorch")
