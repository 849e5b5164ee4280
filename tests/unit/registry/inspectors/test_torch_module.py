from pathlib import Path

import pytest

from core.errors import PackageCorrupt
from registry.inspectors.torch_module import TorchModuleInspector
from tests.torches import write_weights


def test_modules_beside_the_weights_come_along(tmp_path: Path) -> None:
    found = TorchModuleInspector().inspect(write_weights(tmp_path / "m"))
    assert (found.companions, found.notes) == (("net.py",), ("1 tensors of weights",))


@pytest.mark.parametrize("data", [b"", b"nonsense", (2).to_bytes(8, "little") + b"[]"])
def test_what_is_no_file_of_weights_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(data)
    with pytest.raises(PackageCorrupt):
        TorchModuleInspector().inspect(tmp_path / "model.safetensors")
