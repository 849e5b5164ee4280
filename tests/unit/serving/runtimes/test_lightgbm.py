from functools import cache
from pathlib import Path

import lightgbm
import numpy as np
import pytest

from core.errors import RuntimeUnavailable
from core.tensor import Array
from registry.package import Package, PackageDraft, build_package
from serving.runtimes.lightgbm import LightgbmRuntime
from tests.contracts.runtime import ROWS, RuntimeContract

X = np.random.default_rng(0).normal(size=(200, 4))


@cache
def train(classes: int = 1) -> lightgbm.Booster:
    objective = (
        {"objective": "binary"}
        if classes == 1
        else {"objective": "multiclass", "num_class": classes}
    )
    labels = (X[:, 0] > 0).astype(int) if classes == 1 else np.argsort(X[:, :3], axis=1)[:, -1]
    settings = {**objective, "num_threads": 1, "verbose": -1, "min_data_in_leaf": 5}
    return lightgbm.train(settings, lightgbm.Dataset(X, labels), 4)


def package(folder: Path, booster: lightgbm.Booster) -> Package:
    source = folder.with_name(f"{folder.name}-source")
    source.mkdir()
    booster.save_model(source / "model.txt")
    return Package(folder, build_package(source / "model.txt", folder, PackageDraft(name="trees")))


class TestLightgbmRuntime(RuntimeContract):
    name = "lightgbm"
    output = "probabilities"
    dtype: type[np.generic] = np.float64

    def make_package(self, folder: Path) -> Package:
        return package(folder, train())

    def expected(self, rows: Array) -> Array:
        return np.asarray(train().predict(rows))


@pytest.mark.parametrize("classes", [1, 3])
def test_contributions_add_up_to_the_raw_score(tmp_path: Path, classes: int) -> None:
    runtime = TestLightgbmRuntime().load(package(tmp_path / "p", train(classes)))
    assert isinstance(runtime, LightgbmRuntime)
    raw = np.asarray(train(classes).predict(ROWS, raw_score=True)).reshape(3, -1)
    np.testing.assert_allclose(runtime.contribute(ROWS).sum(axis=2), raw, atol=1e-6)


def test_classes_are_the_last_dimension(tmp_path: Path) -> None:
    runtime = TestLightgbmRuntime().load(package(tmp_path / "p", train(3)))
    assert runtime.predict({"features": ROWS})["probabilities"].shape == (3, 3)


def test_there_is_no_cuda(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="cpu"):
        TestLightgbmRuntime().load(package(tmp_path / "p", train()), device="cuda")
