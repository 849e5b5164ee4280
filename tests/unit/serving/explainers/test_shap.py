from pathlib import Path

import numpy as np
import pytest

from core.dtypes import DataType
from core.resources import Resources
from core.signature import TensorSpec
from core.tensor import Array
from serving.explainer import Subject
from serving.explainers.shap import ShapExplainer
from serving.runtime import load_runtime
from tests.contracts.explainer import ROWS, ExplainerContract
from tests.fakes.runtime import FakeRuntime
from tests.samples import make_package

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:shap.*")
BACKGROUND = np.array([[0, 0, 0, 0], [1, 1, 1, 1]], np.float64)


class TestKernel(ExplainerContract):
    name = "shap"

    def make_subject(self, folder: Path) -> Subject:
        package = make_package(folder / "p", "linear")
        signature = package.manifest.signature
        runtime = load_runtime(package, Resources(device="cpu"))
        return Subject(runtime, signature.inputs[0], signature.outputs[0], BACKGROUND, 0)

    def test_a_linear_models_weights_are_found(self, explainer: ShapExplainer) -> None:
        weights = np.arange(8.0).reshape(4, 2)
        expected = (ROWS - BACKGROUND.mean(axis=0))[:, None, :] * weights.T[None]
        np.testing.assert_allclose(explainer.explain(ROWS).values, expected, atol=1e-3)


class Tree(FakeRuntime):
    def contribute(self, rows: Array) -> Array:
        return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)[:, None, :]


def test_a_model_that_knows_its_contributions_is_asked() -> None:
    given = TensorSpec("x", DataType.FP32, (-1, 4))
    explainer = ShapExplainer(Subject(Tree(), given, given, BACKGROUND, 0))
    found = explainer.explain(ROWS)
    np.testing.assert_array_equal(found.values[:, 0], ROWS)
    np.testing.assert_array_equal(found.base, np.ones((3, 1)))
