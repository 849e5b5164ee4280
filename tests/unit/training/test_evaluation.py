import numpy as np
import pandas as pd
import pytest

from training.dataset import Dataset
from training.evaluation import evaluate, find_classes

ROWS = pd.DataFrame({"x": np.zeros(4, np.float32)})
SHARES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])


def test_classes_are_scored_by_accuracy_log_loss_and_auc() -> None:
    data = Dataset(ROWS, np.array([0, 1, 1, 1]), ("a", "b"))
    scores = evaluate(data, {"label": np.array([0, 1, 0, 1]), "probabilities": SHARES})
    assert scores["accuracy"] == 0.75
    assert scores["roc_auc"] == 1.0
    assert scores["log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.4, 0.7]).mean())


def test_class_names_are_scored_as_indexes_are() -> None:
    named = Dataset(ROWS, np.array(["a", "b", "b", "b"], object), ("a", "b"))
    assert find_classes(named).tolist() == [0, 1, 1, 1]
    labels = np.array(["a", "b", "a", "b"], object)
    assert evaluate(named, {"label": labels, "probabilities": SHARES})["accuracy"] == 0.75


def test_one_class_alone_has_no_auc() -> None:
    data = Dataset(ROWS, np.array([1, 1, 1, 1]), ("a", "b"))
    scores = evaluate(data, {"label": data.target, "probabilities": SHARES})
    assert "roc_auc" not in scores


def test_a_sure_and_wrong_answer_costs_no_infinity() -> None:
    data = Dataset(ROWS.head(1), np.array([1]), ("a", "b"))
    scores = evaluate(data, {"label": np.array([0]), "probabilities": np.array([[1.0, 0.0]])})
    assert np.isfinite(scores["log_loss"])


def test_numbers_are_scored_by_r2_and_rmse() -> None:
    data = Dataset(ROWS, np.array([0.0, 1.0, 2.0, 3.0]))
    scores = evaluate(data, {"prediction": np.array([[0.0], [1.0], [2.0], [5.0]])})
    assert scores == {"rmse": 1.0, "r2": pytest.approx(0.2)}


def test_one_row_has_no_r2() -> None:
    data = Dataset(ROWS.head(1), np.array([1.0]))
    assert evaluate(data, {"prediction": np.array([[1.0]])}) == {"rmse": 0.0}
