"""The shelf of published packages."""

from pathlib import Path

import pytest

from core.errors import InvalidName, PackageCorrupt
from core.refs import Digest, ModelName
from registry.package import Package
from registry.shelf import Shelf
from tests.samples import make_package

IRIS = ModelName("iris")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "packages")


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return make_package(tmp_path / "source", "iris")


def keep(shelf: Shelf, package: Package) -> Path:
    with shelf.alone(IRIS):
        return shelf.keep(package)


def test_a_package_lies_under_its_digest(shelf: Shelf, package: Package, tmp_path: Path) -> None:
    digest = package.manifest.digest
    place = keep(shelf, package)
    assert place == tmp_path / "packages" / "iris" / digest.removeprefix("sha256:")
    assert shelf.open(IRIS, digest).manifest == package.manifest
    assert shelf.verify(IRIS, digest).folder == place


def test_one_that_is_whole_stays(shelf: Shelf, package: Package) -> None:
    first = (keep(shelf, package) / "model.onnx").stat().st_ino
    assert (keep(shelf, package) / "model.onnx").stat().st_ino == first


def test_one_that_broke_is_mended(shelf: Shelf, package: Package) -> None:
    (keep(shelf, package) / "model.onnx").write_bytes(b"broken")
    keep(shelf, package)
    assert shelf.verify(IRIS, package.manifest.digest).manifest == package.manifest


def test_a_failed_copy_leaves_nothing(shelf: Shelf, package: Package, tmp_path: Path) -> None:
    package.model_path.write_bytes(b"other")
    with pytest.raises(PackageCorrupt):
        keep(shelf, package)
    assert [path.name for path in (tmp_path / "packages" / "iris").iterdir()] == [".lock"]


def test_another_manifest_in_its_place_is_found(shelf: Shelf, package: Package) -> None:
    place = keep(shelf, package)
    document = (place / "tidegate.json").read_text()
    (place / "tidegate.json").write_text(
        document.replace('"description": ""', '"description": "x"')
    )
    for ask in (shelf.open, shelf.verify):
        with pytest.raises(PackageCorrupt, match="digest is sha256:"):
            ask(IRIS, package.manifest.digest)


def test_a_name_cannot_leave_the_shelf(shelf: Shelf) -> None:
    with pytest.raises(InvalidName):
        shelf.place(ModelName("../iris"), Digest("sha256:0"))
