from pathlib import Path

import numpy as np
import pytest
import xgboost

from core.errors import RuntimeUnavailable
from core.tensor import Array
from registry.package import Package, PackageDraft, build_package
from serving.runtimes.xgboost import XgboostRuntime
from tests.contracts.runtime import ROWS, RuntimeContract

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(200, 4)).astype(np.float32)


def train(classes: int = 2) -> xgboost.Booster:
    labels = (np.argsort(X[:, :classes], axis=1)[:, -1]).astype(int)
    objective = {"objective": "binary:logistic"}
    if classes > 2:
        objective = {"objective": "multi:softprob", "num_class": str(classes)}
    return xgboost.train({**objective, "max_depth": 2, "nthread": 1}, xgboost.DMatrix(X, labels), 4)


def package(folder: Path, booster: xgboost.Booster, suffix: str = ".ubj") -> Package:
    source = folder.with_name(f"{folder.name}-source")
    source.mkdir()
    booster.save_model(source / f"model{suffix}")
    draft = PackageDraft(name="trees", features=("a", "b", "c", "d"))
    return Package(folder, build_package(source / f"model{suffix}", folder, draft))


class TestXgboostRuntime(RuntimeContract):
    name = "xgboost"
    output = "probabilities"

    def make_package(self, folder: Path) -> Package:
        return package(folder, train())

    def expected(self, rows: Array) -> Array:
        return np.asarray(train().inplace_predict(rows))


def test_classes_are_the_last_dimension(tmp_path: Path) -> None:
    made = package(tmp_path / "p", train(classes=3), ".json")
    runtime = TestXgboostRuntime().load(made)
    found = runtime.predict({"features": ROWS})["probabilities"]
    assert found.shape == (3, 3)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("classes", [2, 3])
def test_contributions_add_up_to_the_margin(tmp_path: Path, classes: int) -> None:
    booster = train(classes)
    runtime = TestXgboostRuntime().load(package(tmp_path / "p", booster))
    assert isinstance(runtime, XgboostRuntime)
    margins = booster.predict(xgboost.DMatrix(ROWS), output_margin=True).reshape(3, -1)
    np.testing.assert_allclose(runtime.contribute(ROWS).sum(axis=2), margins, atol=1e-4)


def test_cuda_that_is_not_built_in_is_refused(tmp_path: Path) -> None:
    if xgboost.build_info().get("USE_CUDA"):
        pytest.skip("this build has CUDA")
    with pytest.raises(RuntimeUnavailable, match="CUDA"):
        TestXgboostRuntime().load(package(tmp_path / "p", train()), device="cuda")
