from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import PredictionFailed
from tests.samples import linear_scores, write_linear_model
from training.dataset import Dataset
from training.fidelity import check_export, compare

SURE = np.array([[0.9, 0.1], [0.5, 0.5]])


def test_the_same_outputs_are_good() -> None:
    outputs = {"label": np.array([0, 1]), "probabilities": SURE}
    assert compare(outputs, outputs).is_good


def test_a_tie_may_fall_either_way_and_a_sure_row_may_not() -> None:
    reference = {"label": np.array([0, 0]), "probabilities": SURE}
    tied = compare({"label": np.array([0, 1]), "probabilities": SURE}, reference)
    wrong = compare({"label": np.array([1, 0]), "probabilities": SURE}, reference)
    assert (tied.labels, wrong.labels) == (0, 1)


@pytest.mark.parametrize("far", [0.001, np.nan, np.inf])
def test_numbers_that_are_off_are_not_good(far: float) -> None:
    reference = {"prediction": np.array([[1.0], [2.0]])}
    assert not compare({"prediction": np.array([[1.0], [2.0 + far]])}, reference).is_good


def test_a_difference_counts_by_the_scale_of_the_numbers() -> None:
    reference = {"prediction": np.array([[1e6], [2e6]])}
    assert compare({"prediction": np.array([[1e6], [2e6 + 1]])}, reference).is_good


@pytest.mark.parametrize("found", [{}, {"prediction": np.zeros((3, 1))}])
def test_a_missing_output_or_another_shape_is_not_good(found: dict[str, object]) -> None:
    assert not compare(found, {"prediction": np.zeros((2, 1))}).is_good  # type: ignore[arg-type]  # no arrays on purpose


def test_no_rows_at_all_are_the_same() -> None:
    assert compare({"prediction": np.zeros((0, 1))}, {"prediction": np.zeros((0, 1))}).is_good


def test_a_file_that_answers_otherwise_fails_the_job(tmp_path: Path) -> None:
    path = write_linear_model(tmp_path / "model.onnx", features=2)
    rows = np.arange(8, dtype=np.float32).reshape(4, 2)
    data = Dataset(pd.DataFrame(rows, columns=["a", "b"]), np.zeros(4))
    good = {"scores": np.array(linear_scores(rows))}
    assert check_export("m", path, data, good).difference == 0
    with pytest.raises(PredictionFailed, match="is not the trained one"):
        check_export("m", path, data, {"scores": good["scores"] + 1})
