"""How good a model is on held-out rows."""

from typing import Any

import numpy as np

from training.algorithm import Outputs
from training.dataset import Dataset

Array = np.ndarray[Any, np.dtype[Any]]


def evaluate(data: Dataset, outputs: Outputs) -> dict[str, float]:
    """Classes: `accuracy`, `log_loss` and, for two classes, `roc_auc`. A number: `r2`, `rmse`.

    Metrics that these rows do not determine (one class only, say) are left out.
    """
    if data.labels:
        return _evaluate_classes(data, outputs)
    from sklearn.metrics import r2_score  # noqa: PLC0415 - 1 s, jobs only

    given = outputs["prediction"].reshape(-1)
    rmse = float(np.sqrt(np.mean((given - data.target) ** 2)))
    scores = {"rmse": rmse}
    if data.rows >= 2:
        scores["r2"] = float(r2_score(data.target, given))
    return scores


def _evaluate_classes(data: Dataset, outputs: Outputs) -> dict[str, float]:
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415 - 1 s, jobs only

    shares = outputs["probabilities"]
    truth = find_classes(data)
    # An answer that was held impossible would cost infinity: bounded as scikit-learn does.
    bounded = np.clip(shares, np.finfo(np.float32).eps, 1.0)
    scores = {
        "accuracy": float(np.mean(outputs["label"] == data.target)),
        "log_loss": float(-np.mean(np.log(bounded[np.arange(data.rows), truth]))),
    }
    if len(data.labels) == 2 and len(np.unique(truth)) == 2:
        scores["roc_auc"] = float(roc_auc_score(truth, shares[:, 1]))
    return scores


def find_classes(data: Dataset) -> Array:
    """The target as indexes into the columns of the probabilities."""
    if data.target.dtype != object:
        return data.target
    places = {name: index for index, name in enumerate(data.labels)}
    return np.array([places[name] for name in data.target], np.int64)
