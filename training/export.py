"""scikit-learn pipelines as ONNX files that answer the same for float32 features."""

import copy
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType

from training.dataset import FEATURES

OPSET = {"": 17, "ai.onnx.ml": 3}
ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Column:
    """One feature."""

    name: str
    is_text: bool


def export_pipeline(pipeline: Any, columns: Sequence[Column], path: Path) -> None:
    """Write a fitted pipeline: one input `features`, or one per column where some are text.

    A pipeline over columns must have been fitted on columns called `c0`, `c1`, ... in this order.
    Classifiers answer `label` and `probabilities`, regressors `prediction`.
    """
    mixed = any(column.is_text for column in columns)
    types: list[tuple[str, Any]] = [(FEATURES, FloatTensorType([None, len(columns)]))]
    if mixed:
        types = [
            (f"c{index}", (StringTensorType if column.is_text else FloatTensorType)([None, 1]))
            for index, column in enumerate(columns)
        ]
    exact = copy.deepcopy(pipeline)
    _round_thresholds(exact.steps[-1][1])
    with warnings.catch_warnings():
        # The exporter hands booleans to protobuf where it wants integers; their values are the same.
        warnings.filterwarnings("ignore", "Field onnx.AttributeProto.ints", DeprecationWarning)
        options = {"zipmap": False} if hasattr(exact, "classes_") else {}
        model = convert_sklearn(exact, initial_types=types, target_opset=OPSET, options=options)
    names = {f"c{index}": column.name for index, column in enumerate(columns)} if mixed else {}
    if not options:
        names[model.graph.output[0].name] = "prediction"
    _rename(model.graph, names)
    _name_rows(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _round_thresholds(estimator: Any) -> None:
    """Make histogram trees' thresholds float32 without moving a float32 value to the other side.

    The exporter rounds them to the nearest float32, which may lie above; it does so for the other
    trees only: sklearn-onnx, `add_tree_to_attribute_pairs_hist_gradient_boosting`.
    """
    for trees in getattr(estimator, "_predictors", ()):
        for tree in trees:
            exact = tree.nodes["num_threshold"]
            near = exact.astype(np.float32)
            below = np.nextafter(near, np.float32(-np.inf))
            tree.nodes["num_threshold"] = np.where(near > exact, below, near)


def _rename(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    """Give inputs and outputs their names, and set all others apart: a column may be called as they."""
    outer = {value.name: value.name for value in (*graph.input, *graph.output)} | names

    def rename(name: str) -> str:
        # An input that a node leaves out has the empty name.
        return outer.get(name) or (name and f"tidegate/{name}")

    for value in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        value.name = rename(value.name)
    for node in graph.node:
        node.input[:] = [rename(name) for name in node.input]
        node.output[:] = [rename(name) for name in node.output]


def _name_rows(graph: onnx.GraphProto) -> None:
    # The exporter leaves the first dimension without a name: say that all of them are the same.
    for value in (*graph.input, *graph.output):
        first = value.type.tensor_type.shape.dim[0]
        first.Clear()
        first.dim_param = ROWS
