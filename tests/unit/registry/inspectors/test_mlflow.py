import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.dtypes import DataType
from core.errors import InvalidSpec, PackageCorrupt
from registry.inspectors.mlflow import MlflowInspector


def write(folder: Path, signature: dict[str, Any] | None, flavor: str = "python_function") -> Path:
    document: dict[str, Any] = {"flavors": {flavor: {}}}
    if signature is not None:
        document["signature"] = {side: json.dumps(told) for side, told in signature.items()}
    (folder / "MLmodel").write_text(yaml.safe_dump(document))
    (folder / "model.pkl").touch()
    return folder


def column(name: str, kind: str) -> dict[str, str]:
    return {"type": kind, "name": name}


def test_columns_of_floats_make_one_matrix(tmp_path: Path) -> None:
    told = {"inputs": [column("a", "double"), column("b", "double")], "outputs": [{"type": "long"}]}
    found = MlflowInspector().inspect(write(tmp_path, told))
    (given,), (made,) = found.sign().inputs, found.sign().outputs
    assert (given.shape, given.features) == ((-1, 2), ("a", "b"))
    assert (made.name, made.datatype, found.companions) == (
        "predictions",
        DataType.INT64,
        ("model.pkl",),
    )


def test_mixed_columns_stay_apart(tmp_path: Path) -> None:
    told = {
        "inputs": [column("a", "string"), column("b", "double")],
        "outputs": [{"type": "string"}],
    }
    inputs = MlflowInspector().inspect(write(tmp_path, told)).sign().inputs
    assert [(one.name, one.datatype) for one in inputs] == [
        ("a", DataType.BYTES),
        ("b", DataType.FP64),
    ]


def test_tensors_are_taken_as_they_are(tmp_path: Path) -> None:
    tensor = {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}}
    signature = (
        MlflowInspector().inspect(write(tmp_path, {"inputs": [tensor], "outputs": [tensor]})).sign()
    )
    assert (signature.inputs[0].name, signature.outputs[0].name) == ("input", "predictions")
    assert signature.batched


def test_a_model_without_a_signature_leaves_it_to_the_draft(tmp_path: Path) -> None:
    assert MlflowInspector().inspect(write(tmp_path, None)).signature is None


def test_what_cannot_be_served_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match="python_function"):
        MlflowInspector().inspect(write(tmp_path, None, "java"))
    (tmp_path / "MLmodel").write_text("[1")
    with pytest.raises(PackageCorrupt):
        MlflowInspector().inspect(tmp_path)
