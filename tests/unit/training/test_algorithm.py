import pytest

from core.errors import InvalidSpec
from tests.contracts.recipe import RecipeContract, ask, make
from training.algorithm import ALGORITHMS, check_hyperparameters, load_algorithm
from training.recipe import Product
from training.spec import Target, TrainingSpec

SETS = {Target.CLASSES: "sklearn:iris", Target.NUMBER: "sklearn:diabetes"}


@pytest.fixture(params=ALGORITHMS, scope="module")
def trained(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainingSpec, Product]:
    """One product serves all tests of an algorithm: they only read it."""
    spec = ask(request.param, SETS[load_algorithm(request.param).target])
    return spec, make(spec, tmp_path_factory.mktemp("jobs") / "job")


class TestEachAlgorithm(RecipeContract):
    @pytest.fixture
    def spec(self, trained: tuple[TrainingSpec, Product]) -> TrainingSpec:
        return trained[0]

    @pytest.fixture
    def product(self, trained: tuple[TrainingSpec, Product]) -> Product:
        return trained[1]


def test_hyperparameters_come_with_their_defaults() -> None:
    spec = ask("sklearn_classifier", "sklearn:iris", hyperparameters={"c": 2})
    checked = check_hyperparameters(spec).model_dump()
    assert checked["c"] == 2
    assert checked["estimator"] == "logistic_regression"


def test_every_fault_of_the_hyperparameters_is_named() -> None:
    wrong = {"trees": 0, "no_such": 1}
    with pytest.raises(InvalidSpec) as caught:
        check_hyperparameters(ask("sklearn_regressor", "sklearn:diabetes", hyperparameters=wrong))
    assert set(caught.value.faults) == {"hyperparameters.trees", "hyperparameters.no_such"}


def test_an_unknown_algorithm_is_told_the_known_ones() -> None:
    with pytest.raises(InvalidSpec, match="sklearn_classifier"):
        check_hyperparameters(ask("no_such", "sklearn:iris"))
