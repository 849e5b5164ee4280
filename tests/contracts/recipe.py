"""What every algorithm must hold to."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.errors import InvalidSpec
from registry.package import verify_package
from training.algorithm import load_algorithm
from training.fidelity import run_model
from training.recipe import Product, train
from training.spec import TrainingSpec


def ask(algorithm: str, source: str, **extra: Any) -> TrainingSpec:
    """A small training job."""
    return TrainingSpec.read(
        {"algorithm": algorithm, "data": {"source": source}, "output": {"model": "m"}, **extra}
    )


def make(spec: TrainingSpec, folder: Path) -> Product:
    """Do the job, in silence."""
    folder.mkdir()
    return train(spec, folder, {"job": "job-1"}, lambda _line: None)


class RecipeContract:
    """A subclass gives `spec`, a job of the algorithm on a built-in set, and `product`, what it made."""

    @pytest.fixture
    def spec(self) -> TrainingSpec:
        raise AssertionError("a subclass gives this")

    @pytest.fixture
    def product(self) -> Product:
        raise AssertionError("a subclass gives this")

    def test_its_package_is_whole_and_batched(self, product: Product) -> None:
        manifest = verify_package(product.package).manifest
        assert manifest == product.manifest
        assert manifest.signature.batched
        assert manifest.signature.inputs[0].features == product.held_out.names

    def test_its_file_answers_as_the_model_it_trained(self, product: Product) -> None:
        assert product.metrics["export_difference"] <= 1e-4

    def test_its_sample_has_the_features_and_the_label(self, product: Product) -> None:
        sample = pd.read_parquet(product.package / "sample.parquet")
        assert tuple(sample.columns) == (*product.held_out.names, "label")
        assert len(sample) == product.metrics["rows_trained"]

    def test_the_same_spec_makes_the_same_model(
        self, product: Product, spec: TrainingSpec, tmp_path: Path
    ) -> None:
        again = make(spec, tmp_path / "again")
        first, second = (
            run_model(one.package / "model.onnx", product.held_out) for one in (product, again)
        )
        assert all(np.array_equal(first[name], second[name]) for name in first)

    def test_it_learns_more_than_the_most_likely_answer(self, product: Product) -> None:
        score = product.metrics.get("accuracy", product.metrics.get("r2", 0.0))
        assert score > (0.8 if "accuracy" in product.metrics else 0.2)

    def test_it_says_where_the_model_comes_from(self, product: Product) -> None:
        lineage = product.manifest.lineage
        assert {"job", "data/source", "seed", "spec", "library/scikit-learn"} <= set(lineage)

    def test_it_refuses_hyperparameters_that_it_does_not_know(self, spec: TrainingSpec) -> None:
        with pytest.raises(InvalidSpec):
            load_algorithm(spec.algorithm).hyperparameters.read({"no_such": 1})
