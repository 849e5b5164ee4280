import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.errors import MalformedRequest, PayloadTooLarge, UnsafePath
from registry.archive import ArchiveLimits
from registry.package import PackageDraft, build_package, verify_package
from registry.source import open_source

SCRIPT = b"def model_fn(model_dir):\n    return lambda rows: rows\n"


def write_archive(file: Path, entries: Mapping[str, bytes]) -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file


def test_a_model_of_sagemaker_is_packaged_as_it_comes(tmp_path: Path) -> None:
    entries = {"./code/inference.py": SCRIPT, "./weights.bin": b"12"}
    archive = write_archive(tmp_path / "model.tar.gz", entries)
    with open_source(archive) as source:
        build_package(source, tmp_path / "package", PackageDraft(name="m"))
    manifest = verify_package(tmp_path / "package").manifest
    assert (manifest.runtime, manifest.model_file) == ("sagemaker", "code/inference.py")
    assert [entry.path for entry in manifest.files] == ["code/inference.py", "weights.bin"]
    assert not source.exists()


def test_files_and_folders_are_themselves(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "model.onnx"):
        with open_source(path) as source:
            assert source == path


@pytest.mark.parametrize("name", ["../code/inference.py", "/etc/inference.py"])
def test_an_archive_that_leaves_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    archive = write_archive(tmp_path / "model.tgz", {name: SCRIPT})
    with pytest.raises(UnsafePath), open_source(archive):
        pass


def test_an_archive_is_unpacked_within_limits(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "model.tar.gz", {"weights.bin": bytes(100)})
    with pytest.raises(PayloadTooLarge), open_source(archive, ArchiveLimits(total_bytes=99)):
        pass


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(b"no archive")
    with pytest.raises(MalformedRequest), open_source(tmp_path / "model.tar.gz"):
        pass
