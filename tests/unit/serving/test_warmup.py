import json
from pathlib import Path

import pytest

from core.errors import RuntimeUnavailable
from registry.package import Package, PackageDraft, build_package
from serving.warmup import read_warmups
from tests.samples import write_linear_model

ROW = {"inputs": [{"name": "features", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}]}


def make(folder: Path, text: str | None) -> Package:
    source = write_linear_model(folder / "source" / "model.onnx")
    if text is not None:
        (source.parent / "warmup.json").write_text(text)
    manifest = build_package(source, folder / "package", PackageDraft(name="linear"))
    return Package(folder / "package", manifest)


def test_requests_beside_the_model_come_along(tmp_path: Path) -> None:
    package = make(tmp_path, json.dumps([ROW, ROW]))
    found = read_warmups(package, package.manifest.signature)
    assert [request.rows for request in found] == [1, 1]


def test_most_packages_have_none(tmp_path: Path) -> None:
    package = make(tmp_path, None)
    assert read_warmups(package, package.manifest.signature) == ()


@pytest.mark.parametrize("text", ["{", "{}", "[1]", json.dumps([{"inputs": []}]),
                                  json.dumps([ROW] * 101)])  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_reason(tmp_path: Path, text: str) -> None:
    package = make(tmp_path, text)
    with pytest.raises(RuntimeUnavailable, match="warm"):
        read_warmups(package, package.manifest.signature)
