from pathlib import Path

import pytest

from tests.contracts.recipe import ask, make

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("estimator", ["ridge", "random_forest", "hist_gradient_boosting", "mlp"])
def test_each_estimator_exports_what_it_learned(estimator: str, tmp_path: Path) -> None:
    wanted = {"estimator": estimator, "trees": 20, "iterations": 50}
    product = make(
        ask("sklearn_regressor", "sklearn:diabetes", hyperparameters=wanted), tmp_path / "job"
    )
    assert product.metrics["export_difference"] < 1e-5
    (output,) = product.manifest.signature.outputs
    assert (output.name, output.described) == ("prediction", "FP32[-1, 1]")
