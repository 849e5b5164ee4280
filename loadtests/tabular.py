"""The model of the first benchmark: a classifier of 32 numeric columns, trained on the spot."""

from pathlib import Path
from typing import Any

import numpy as np
import orjson
from skl2onnx import to_onnx
from sklearn.datasets import make_classification
from sklearn.neural_network import MLPClassifier

FEATURES = 32


def write_classifier(path: Path) -> Path:
    """Train a perceptron with 64 hidden units and export it: FP32[-1, 32] to label, probabilities."""
    rows, labels = make_classification(2000, FEATURES, n_informative=12, random_state=7)
    rows = rows.astype(np.float32)
    model = MLPClassifier((64,), max_iter=60, random_state=7, early_stopping=True).fit(rows, labels)
    exported: Any = to_onnx(
        model, rows[:1], options={"zipmap": False}, target_opset=17, final_types=None
    )
    path.write_bytes(exported.SerializeToString())
    return path


def write_request(rows: int = 1) -> bytes:
    """An Open Inference Protocol request in JSON with `rows` rows."""
    values = np.random.default_rng(7).normal(size=(rows, FEATURES)).astype(np.float32)
    tensor = {"name": "X", "datatype": "FP32", "shape": [rows, FEATURES], "data": values.ravel()}
    return orjson.dumps({"inputs": [tensor]}, option=orjson.OPT_SERIALIZE_NUMPY)
