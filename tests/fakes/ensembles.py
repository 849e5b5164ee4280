"""Ensembles of the smallest real models: two linear ones beside each other, and their sum."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from core.errors import NotFound
from core.refs import ModelRef
from registry.ensemble import gather_ensemble
from registry.package import Package, PackageDraft, build_package
from tests.samples import make_package

Document = dict[str, Any]
DIAMOND: Document = {
    "inputs": ["features"],
    "outputs": ["scores"],
    "steps": [
        {
            "name": "sum",
            "model": "sum@live",
            "inputs": {"a": "left", "b": "right"},
            "outputs": {"total": "scores"},
        },
        {
            "name": "left",
            "model": "linear:3",
            "inputs": {"features": "features"},
            "outputs": {"scores": "left"},
        },
        {
            "name": "right",
            "model": "shifted:1",
            "inputs": {"features": "features"},
            "outputs": {"scores": "right"},
        },
    ],
}


def make_sum(folder: Path, columns: int = 2) -> Package:
    """An ONNX model `total = a + b`, FP32[-1, columns]."""
    source = folder.with_name(f"{folder.name}-source") / "model.onnx"
    source.parent.mkdir(parents=True)
    kinds = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", columns])
        for name in ("a", "b", "total")
    }
    node = helper.make_node("Add", ["a", "b"], ["total"])
    graph = helper.make_graph([node], "sum", [kinds["a"], kinds["b"]], [kinds["total"]])
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), str(source))
    return Package(folder, build_package(source, folder, PackageDraft(name="sum")))


def make_steps(folder: Path) -> dict[str, Package]:
    """The packages of DIAMOND's models, by their references."""
    return {
        "linear:3": make_package(folder / "linear", "linear"),
        "shifted:1": make_package(folder / "shifted", "shifted", offset=5.0),
        "sum:2": make_sum(folder / "sum"),
    }


def fetch_from(packages: dict[str, Package]) -> Callable[[ModelRef], tuple[ModelRef, Package]]:
    """A catalogue's part in packaging; every alias is `sum:2`."""

    def fetch(ref: ModelRef) -> tuple[ModelRef, Package]:
        pinned = ref if ref.version else ModelRef.parse("sum:2")
        if str(pinned) not in packages:
            raise NotFound("version", str(pinned))
        return pinned, packages[str(pinned)]

    return fetch


def make_ensemble(
    folder: Path, document: Document = DIAMOND, packages: dict[str, Package] | None = None
) -> Package:
    """The ensemble as a package in `folder`."""
    beside = folder.with_name(f"{folder.name}-parts")
    beside.mkdir(parents=True)
    source = beside / "ensemble.json"
    source.write_text(json.dumps(document))
    fetch = fetch_from(make_steps(beside) if packages is None else packages)
    gathered = gather_ensemble(source, beside / "gathered", fetch)
    return Package(folder, build_package(gathered, folder, PackageDraft(name="ensemble")))
