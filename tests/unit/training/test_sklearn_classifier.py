from pathlib import Path

import pytest

from core.errors import InvalidSpec
from tests.contracts.recipe import ask, make

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize(
    "estimator", ["logistic_regression", "random_forest", "hist_gradient_boosting", "mlp"]
)
def test_each_estimator_learns_and_exports(estimator: str, tmp_path: Path) -> None:
    wanted = {"estimator": estimator, "trees": 20, "iterations": 100}
    product = make(
        ask("sklearn_classifier", "sklearn:breast_cancer", hyperparameters=wanted), tmp_path / "job"
    )
    assert product.metrics["roc_auc"] > 0.97
    assert product.metrics["accuracy"] > 0.9


def test_it_answers_class_indexes_and_names_them(tmp_path: Path) -> None:
    product = make(ask("sklearn_classifier", "sklearn:iris"), tmp_path / "job")
    label, probabilities = product.manifest.signature.outputs
    assert (label.name, label.described) == ("label", "INT64[-1]")
    assert (probabilities.name, probabilities.described) == ("probabilities", "FP32[-1, 3]")
    assert probabilities.labels == ("setosa", "versicolor", "virginica")


def test_one_class_only_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "one.csv"
    data.write_text("x,y\n" + "1,a\n" * 20)
    spec = ask("sklearn_classifier", "sklearn:iris").document
    spec["data"] = {"source": str(data), "target": "y"}
    with pytest.raises(InvalidSpec, match="1 classes"):
        make(type(ask("a", "sklearn:iris")).read(spec), tmp_path / "job")
