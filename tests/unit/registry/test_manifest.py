"""The manifest's rules, and its digest."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidSpec, UnsafePath
from registry.manifest import Manifest
from tests.samples import make_package

SHA = "0" * 64


def document(**changes: Any) -> dict[str, Any]:
    signature = {"inputs": [], "outputs": [], "batched": False}
    files = [{"path": "model.onnx", "sha256": SHA, "size_bytes": 3}]
    plain = {"name": "iris", "runtime": "onnx", "platform": "p", "model_file": "model.onnx"}
    return {**plain, "files": files, "signature": signature, **changes}


def entry(path: str) -> dict[str, Any]:
    return {"path": path, "sha256": SHA, "size_bytes": 3}


def test_what_is_written_reads_the_same(tmp_path: Path) -> None:
    manifest = make_package(tmp_path / "p", "iris").manifest
    again = Manifest.read(json.loads(manifest.write()))
    assert again == manifest
    assert again.digest == manifest.digest


def test_the_digest_never_changes_for_the_same_content() -> None:
    # Published versions are found by it: if this fails, old packages cannot be fetched any more.
    assert Manifest.read(document(metrics={"b": 0.5, "a": 1}, lineage={"job": "é"})).digest == (
        "sha256:c640cfc924f4a0c218f9a12b53e90f5f157a882de5dd948ee404f4c9f263caec"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"files": [{"path": "model.onnx", "sha256": "1" * 64, "size_bytes": 3}]},
        {"description": "other"},
        {"metrics": {"accuracy": 0.5}},
        {"options": {"threads": 2}},
    ],
)
def test_the_digest_covers_everything(change: dict[str, Any]) -> None:
    assert Manifest.read(document(**change)).digest != Manifest.read(document()).digest


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"files": []}, "files"),
        ({"files": [entry("model.onnx"), entry("model.onnx")]}, "twice"),
        ({"files": [entry("model.onnx"), entry("tidegate.json")]}, "itself"),
        ({"files": [entry("model.onnx"), entry("a"), entry("a/b")]}, "folder too"),
        ({"model_file": "other.onnx"}, "not among the files"),
        ({"sample": "sample.parquet"}, "not among the files"),
        ({"name": "../iris"}, "name"),
        ({"format": 2}, "format"),
        ({"metrics": {"accuracy": float("nan")}}, "finite"),
        ({"metrics": {"../accuracy": 1.0}}, "pattern"),
        ({"unknown": 1}, "no such field"),
    ],
)
def test_faults_are_named(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidSpec, match=fault):
        Manifest.read(document(**change))


@pytest.mark.parametrize("field", ["model_file", "sample"])
def test_a_path_that_leaves_is_unsafe(field: str) -> None:
    with pytest.raises(UnsafePath):
        Manifest.read(document(**{field: "../model.onnx"}))


def test_a_file_that_leaves_is_unsafe() -> None:
    with pytest.raises(UnsafePath):
        Manifest.read(document(files=[entry("model.onnx"), entry("/etc/passwd")]))


@pytest.mark.parametrize("key", ["accuracy", "train/f1 score", "p99.9", "a-b:c"])
def test_metric_names_that_mlflow_takes_too(key: str) -> None:
    assert Manifest.read(document(metrics={key: 1.0})).metrics == {key: 1.0}
