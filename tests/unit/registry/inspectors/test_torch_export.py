from pathlib import Path

import pytest

from core.errors import PackageCorrupt
from registry.inspectors.torch_export import TorchExportInspector
from tests.torches import export


@pytest.mark.parametrize("dynamic", [True, False])
def test_the_program_says_what_it_takes(tmp_path: Path, *, dynamic: bool) -> None:
    signature = TorchExportInspector().inspect(export(tmp_path / "m", dynamic=dynamic)).sign()
    rows = -1 if dynamic else 2
    assert [(one.name, one.shape) for one in signature.inputs] == [("features", (rows, 4))]
    assert [(one.name, one.shape) for one in signature.outputs] == [("scores", (rows, 2))]
    assert signature.batched is dynamic


def test_what_is_no_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.pt2").write_bytes(b"nonsense")
    with pytest.raises(PackageCorrupt):
        TorchExportInspector().inspect(tmp_path / "model.pt2")
