import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.dtypes import DataType
from core.errors import InvalidSpec, PackageCorrupt
from core.signature import TensorSpec
from registry.ensemble import gather_ensemble
from registry.inspector import inspect_model
from registry.package import Package, PackageDraft, build_package
from tests.fakes.ensembles import DIAMOND, fetch_from, make_ensemble, make_steps, make_sum


def gather(folder: Path) -> Path:
    folder.mkdir()
    (folder / "mine.json").write_text(json.dumps(DIAMOND))
    return gather_ensemble(folder / "mine.json", folder / "out", fetch_from(make_steps(folder)))


def rewrite(file: Path, **step: Any) -> None:
    """Give the first step other fields."""
    document = json.loads(file.read_text())
    document["steps"][0].update(step)
    file.write_text(json.dumps(document))


@pytest.mark.parametrize("source", ["out", "out/ensemble.json"])
def test_the_signature_follows_from_the_steps(tmp_path: Path, source: str) -> None:
    gather(tmp_path / "e")
    found = inspect_model(tmp_path / "e" / source)
    assert (found.runtime, found.model_file) == ("ensemble", "ensemble.json")
    signature = found.sign()
    assert [one.described for one in signature.inputs] == ["FP32[-1, 4]"]
    assert signature.inputs[0].features == ("f0", "f1", "f2", "f3")
    assert [one.described for one in signature.outputs] == ["FP32[-1, 2]"]
    assert signature.batched
    assert "steps/left/model.onnx" in found.companions
    assert "step sum: sum:2 in onnx" in found.notes


def test_steps_that_do_not_fit_are_refused_at_packaging(tmp_path: Path) -> None:
    steps = make_steps(tmp_path) | {"sum:2": make_sum(tmp_path / "wide", columns=3)}
    with pytest.raises(InvalidSpec, match=r"steps\.sum\.inputs\.a: takes FP32\[-1, 3\].*convert"):
        make_ensemble(tmp_path / "p", DIAMOND, steps)


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ({"model": "sum@live"}, "may move; write a version, as sum:1"),
        ({"model": "linear:1"}, "is of the model 'sum'"),
    ],
)
def test_a_step_is_the_version_that_it_says(tmp_path: Path, step: Any, says: str) -> None:
    file = gather(tmp_path / "e")
    rewrite(file, **step)
    with pytest.raises(InvalidSpec, match=says):
        inspect_model(file)


def make_author(folder: Path, name: str, weights: str) -> Package:
    """A model of features and scores that imports a module `weights`."""
    source = folder.with_name(f"{folder.name}-source")
    source.mkdir()
    (source / "model.py").write_text("class Model:\n    def predict(self, inputs): ...\n")
    (source / "weights.py").write_text(weights)
    inputs = (TensorSpec("features", DataType.FP32, (-1, 4)),)
    outputs = (TensorSpec("scores", DataType.FP32, (-1, 2)),)
    draft = PackageDraft(name=name, inputs=inputs, outputs=outputs)
    return Package(folder, build_package(source, folder, draft))


def test_modules_of_one_name_are_one_module(tmp_path: Path) -> None:
    steps = make_steps(tmp_path)
    steps["linear:3"] = make_author(tmp_path / "one", "linear", "W = 1")
    steps["shifted:1"] = make_author(tmp_path / "same", "shifted", "W = 1")
    assert make_ensemble(tmp_path / "p", DIAMOND, steps).manifest.signature.batched
    steps["shifted:1"] = make_author(tmp_path / "other", "shifted", "W = 2")
    with pytest.raises(InvalidSpec, match="another module 'weights' than step 'left'"):
        make_ensemble(tmp_path / "q", DIAMOND, steps)


def test_without_its_steps_it_says_where_they_belong(tmp_path: Path) -> None:
    file = gather(tmp_path / "e")
    shutil.rmtree(file.parent / "steps" / "left")
    with pytest.raises(InvalidSpec, match="'steps/<step>/' beside the file"):
        inspect_model(file)


def test_a_step_that_was_changed_is_refused(tmp_path: Path) -> None:
    file = gather(tmp_path / "e")
    model = file.parent / "steps" / "left" / "model.onnx"
    model.unlink()  # it is a link
    model.write_bytes(b"other")
    with pytest.raises(PackageCorrupt, match=r"model\.onnx"):
        inspect_model(file)
