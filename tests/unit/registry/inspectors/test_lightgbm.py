from pathlib import Path

import lightgbm
import numpy as np
import pytest

from core.errors import PackageCorrupt
from registry.inspectors.lightgbm import LightgbmInspector

X = np.random.default_rng(0).normal(size=(60, 3))


def save(folder: Path, options: dict[str, object], names: list[str] | None = None) -> Path:
    labels = np.arange(60) % 3 if "num_class" in options else X[:, 0] > 0
    data = lightgbm.Dataset(X, labels, feature_name=names or "auto")
    booster = lightgbm.train({"num_threads": 1, "verbose": -1, **options}, data, 2)
    booster.save_model(folder / "model.txt")
    return folder / "model.txt"


@pytest.mark.parametrize(
    ("options", "output", "shape"),
    [
        ({"objective": "binary"}, "probabilities", (-1,)),
        ({"objective": "multiclass", "num_class": 3}, "probabilities", (-1, 3)),
        ({"objective": "regression"}, "predictions", (-1,)),
    ],
)
def test_the_objective_says_what_comes_out(
    tmp_path: Path, options: dict[str, object], output: str, shape: tuple[int, ...]
) -> None:
    signature = LightgbmInspector().inspect(save(tmp_path, options)).sign()
    assert (signature.outputs[0].name, signature.outputs[0].shape) == (output, shape)
    assert signature.inputs[0].features == ()


def test_columns_keep_their_names(tmp_path: Path) -> None:
    source = save(tmp_path, {"objective": "regression"}, ["a", "b", "c"])
    assert LightgbmInspector().inspect(source).sign().inputs[0].features == ("a", "b", "c")


@pytest.mark.parametrize("data", [b"", b"nonsense", b"tree\nversion=v4\n"])
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.txt").write_bytes(data)
    with pytest.raises(PackageCorrupt):
        LightgbmInspector().inspect(tmp_path / "model.txt")
