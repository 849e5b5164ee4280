from pathlib import Path
from zipfile import ZipFile

import pytest

from core.errors import InvalidSpec, PackageCorrupt
from registry.inspectors.torchscript import TorchscriptInspector


def test_an_archive_says_nothing_of_its_tensors(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "model.pt", "w") as archive:
        archive.writestr("data.pkl", b"")
    found = TorchscriptInspector().inspect(tmp_path / "model.pt")
    with pytest.raises(InvalidSpec, match="does not say"):
        found.sign()


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(b"nonsense")
    with pytest.raises(PackageCorrupt):
        TorchscriptInspector().inspect(tmp_path / "model.pt")
