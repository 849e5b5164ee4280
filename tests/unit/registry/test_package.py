"""Packages: built, opened, verified, copied."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from core.errors import Conflict, InvalidSpec, PackageCorrupt, UnsafePath
from registry.package import (
    Package,
    PackageDraft,
    build_package,
    copy_package,
    open_package,
    verify_package,
)
from tests.samples import make_package, write_linear_model


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return make_package(tmp_path / "package", "iris")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_linear_model(tmp_path / "source" / "model.onnx")


def write_sample(path: Path, *columns: str) -> Path:
    parquet.write_table(pa.table({name: [1.0, 2.0] for name in columns}), path)
    return path


def test_a_built_package_says_what_the_model_takes(package: Package) -> None:
    manifest = package.manifest
    assert manifest.signature.batched
    assert manifest.signature.inputs[0].features == ("f0", "f1", "f2", "f3")
    assert manifest.signature.outputs[0].labels == ("low", "high")
    assert (manifest.runtime, manifest.platform) == ("onnx", "onnxruntime_onnx")
    assert package.sample_path is None


def test_open_and_verify_give_what_was_built(package: Package) -> None:
    assert open_package(package.folder) == package
    assert verify_package(package.folder) == package


def test_the_draft_is_kept(model: Path, tmp_path: Path) -> None:
    draft = PackageDraft(
        name="iris", description="d", metrics={"f1": 0.5}, lineage={"job": "j"}, options={"x": True}
    )
    manifest = build_package(model, tmp_path / "p", draft)
    assert (manifest.description, manifest.metrics) == ("d", {"f1": 0.5})
    assert (manifest.lineage, manifest.options) == ({"job": "j"}, {"x": True})


def test_a_draft_may_overrule_batching(model: Path, tmp_path: Path) -> None:
    manifest = build_package(model, tmp_path / "p", PackageDraft(name="iris", batched=False))
    assert not manifest.signature.batched
    assert "overruled" in manifest.notes[-1]


def test_a_sample_travels_along(model: Path, tmp_path: Path) -> None:
    sample = write_sample(tmp_path / "s.parquet", "a", "b", "c", "d", "label")
    draft = PackageDraft(name="iris", features=("a", "b", "c", "d"), sample=sample)
    build_package(model, tmp_path / "p", draft)
    path = verify_package(tmp_path / "p").sample_path
    assert path is not None
    assert parquet.read_table(path).num_rows == 2


def test_what_is_explained_has_named_features(model: Path, tmp_path: Path) -> None:
    options = {"explain.method": "shap"}
    sample = write_sample(tmp_path / "s.parquet", "a", "b", "c", "d")
    draft = PackageDraft(name="iris", sample=sample, options=options)
    manifest = build_package(model, tmp_path / "p", draft)
    assert manifest.signature.inputs[0].features == ("a", "b", "c", "d")
    wider = write_sample(tmp_path / "w.parquet", "a", "b", "c", "d", "label")
    with pytest.raises(InvalidSpec, match="--feature"):
        build_package(model, tmp_path / "q", replace(draft, sample=wider))


def test_a_sample_needs_each_feature(model: Path, tmp_path: Path) -> None:
    sample = write_sample(tmp_path / "s.parquet", "a", "b", "c")
    draft = PackageDraft(name="iris", features=("a", "b", "c", "d"), sample=sample)
    with pytest.raises(InvalidSpec, match="no column for d"):
        build_package(model, tmp_path / "p", draft)


def test_a_sample_must_be_parquet(model: Path, tmp_path: Path) -> None:
    draft = PackageDraft(name="iris", sample=model)
    with pytest.raises(InvalidSpec, match="Parquet"):
        build_package(model, tmp_path / "p", draft)


def test_the_folder_must_be_empty(model: Path) -> None:
    with pytest.raises(Conflict):
        build_package(model, model.parent, PackageDraft(name="iris"))


def test_a_name_that_cannot_be_one_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match="name"):
        build_package(model, tmp_path / "p", PackageDraft(name="a/b"))


def test_a_changed_file_is_found(package: Package) -> None:
    content = bytearray(package.model_path.read_bytes())
    content[-1] ^= 1
    package.model_path.write_bytes(content)
    with pytest.raises(PackageCorrupt, match="SHA-256"):
        verify_package(package.folder)


def test_a_longer_file_is_found(package: Package) -> None:
    package.model_path.write_bytes(package.model_path.read_bytes() + b"x")
    with pytest.raises(PackageCorrupt, match="bytes, and the manifest says"):
        verify_package(package.folder)


def test_a_missing_file_is_found(package: Package) -> None:
    package.model_path.unlink()
    with pytest.raises(PackageCorrupt, match="No such file"):
        verify_package(package.folder)


def test_a_folder_is_no_file(package: Package) -> None:
    package.model_path.unlink()
    package.model_path.mkdir()
    with pytest.raises(PackageCorrupt, match="not a plain file"):
        verify_package(package.folder)


def test_a_link_is_refused(package: Package, model: Path) -> None:
    package.model_path.unlink()
    package.model_path.symlink_to(model)
    with pytest.raises(UnsafePath):
        verify_package(package.folder)


@pytest.mark.parametrize(
    ("text", "fault"), [(b"{", "not JSON"), (b"\xff", "not JSON"), (b"[" * 200_000, "not JSON")]
)
def test_a_manifest_that_is_no_json_is_corrupt(package: Package, text: bytes, fault: str) -> None:
    (package.folder / "tidegate.json").write_bytes(text)
    with pytest.raises(PackageCorrupt, match=fault):
        open_package(package.folder)


def test_a_manifest_of_unreasonable_size_is_corrupt(package: Package) -> None:
    (package.folder / "tidegate.json").write_bytes(b" " * (8 * 2**20 + 1))
    with pytest.raises(PackageCorrupt, match="larger"):
        open_package(package.folder)


def test_a_manifest_that_leaves_its_folder_is_unsafe(package: Package) -> None:
    document = json.loads((package.folder / "tidegate.json").read_bytes())
    document["files"][0]["path"] = document["model_file"] = "../model.onnx"
    (package.folder / "tidegate.json").write_text(json.dumps(document))
    with pytest.raises(UnsafePath):
        open_package(package.folder)


def test_a_folder_without_manifest_is_corrupt(tmp_path: Path) -> None:
    with pytest.raises(PackageCorrupt, match=r"tidegate\.json"):
        open_package(tmp_path)


def test_a_copy_holds_exactly_what_is_listed(package: Package, tmp_path: Path) -> None:
    (package.folder / "stray").write_text("x")
    (tmp_path / "copy").mkdir()
    copy_package(package, tmp_path / "copy")
    assert verify_package(tmp_path / "copy").manifest == package.manifest
    assert not (tmp_path / "copy" / "stray").exists()


def test_a_copy_of_a_changed_file_is_refused(package: Package, tmp_path: Path) -> None:
    package.model_path.write_bytes(b"other")
    with pytest.raises(PackageCorrupt):
        copy_package(package, tmp_path / "copy")


def test_a_variants_options_win(tmp_path: Path) -> None:
    draft = PackageDraft(name="m", options={"provider": "cuda", "execution_mode": "parallel"})
    build_package(write_linear_model(tmp_path / "model.onnx"), tmp_path / "p", draft)
    package = open_package(tmp_path / "p")
    chosen = package.overrule({"provider": "cpu"})
    assert chosen.manifest.options == {"provider": "cpu", "execution_mode": "parallel"}
    assert package.overrule({}) is package
