from pathlib import Path

import numpy as np
import pytest
import xgboost

from core.errors import PackageCorrupt
from registry.inspectors.xgboost import XgboostInspector

X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)


def save(folder: Path, suffix: str, **options: object) -> Path:
    labels = np.arange(60) % 3 if "num_class" in options else X[:, 0] > 0
    names = ["a", "b", "c"]
    booster = xgboost.train(
        {"nthread": 1, **options}, xgboost.DMatrix(X, labels, feature_names=names), 2
    )
    booster.save_model(folder / f"model{suffix}")
    return folder / f"model{suffix}"


@pytest.mark.parametrize(
    ("options", "output", "shape"),
    [
        ({"objective": "binary:logistic"}, "probabilities", (-1,)),
        ({"objective": "multi:softprob", "num_class": 3}, "probabilities", (-1, 3)),
        ({"objective": "multi:softmax", "num_class": 3}, "predictions", (-1,)),
        ({"objective": "reg:squarederror"}, "predictions", (-1,)),
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".ubj"])
def test_the_objective_says_what_comes_out(
    tmp_path: Path, options: dict[str, object], output: str, shape: tuple[int, ...], suffix: str
) -> None:
    signature = XgboostInspector().inspect(save(tmp_path, suffix, **options)).sign()
    assert (signature.outputs[0].name, signature.outputs[0].shape) == (output, shape)
    assert (signature.inputs[0].shape, signature.inputs[0].features) == ((-1, 3), ("a", "b", "c"))
    assert signature.batched


@pytest.mark.parametrize("data", [b"", b"{}", b"nonsense"])
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.json").write_bytes(data)
    with pytest.raises(PackageCorrupt):
        XgboostInspector().inspect(tmp_path / "model.json")
