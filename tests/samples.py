"""The smallest real models, made on the spot."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from registry.package import Package, PackageDraft, build_package


def write_linear_model(path: Path, features: int = 4, offset: float = 0.0) -> Path:
    """An ONNX model `scores = features @ W + offset`: FP32[-1, features] to FP32[-1, 2].

    W counts up from 0 by row, so results are easy to work out; `offset` tells versions apart.
    """
    weights = np.arange(features * 2, dtype=np.float32).reshape(features, 2)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["features", "weights"], ["product"]),
            helper.make_node("Add", ["product", "bias"], ["scores"]),
        ],
        "linear",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["rows", features])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["rows", 2])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.full(2, offset, np.float32), "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path


def write_sum_model(path: Path) -> Path:
    """A running sum: `sum` and `next` are `value` + `total`, all FP32[-1, 1]; `total` is its state."""
    rows: list[str | int | None] = ["rows", 1]
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["value", "total"], ["sum"]),
            helper.make_node("Identity", ["sum"], ["next"]),
        ],
        "sum",
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, rows)
            for name in ("value", "total")
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, rows) for name in ("sum", "next")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path


def write_looping_model(path: Path) -> Path:
    """The linear model's signature; it counts to the first value of the batch, one after another.

    So a small value costs nothing, and a huge one hangs the run for as long as anybody waits.
    """
    add = helper.make_node("Add", ["before", "step"], ["after"])
    go_on = helper.make_node("Identity", ["go"], ["on"])
    body = helper.make_graph(
        [add, go_on],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, ["rows", 2]),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, ["rows", 2]),
        ],
    )
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMax", ["features"], ["largest"], keepdims=0),
            helper.make_node("Cast", ["largest"], ["turns"], to=TensorProto.INT64),
            helper.make_node("Slice", ["features", "zero", "two", "axis"], ["pairs"]),
            helper.make_node("Loop", ["turns", "", "pairs"], ["scores"], body=body),
        ],
        "looping",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["rows", 4])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["rows", 2])],
        [
            numpy_helper.from_array(np.array(0, np.float32), "step"),
            *(
                numpy_helper.from_array(np.array([value], np.int64), name)
                for name, value in (("zero", 0), ("two", 2), ("axis", 1))
            ),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path


def write_failing_model(path: Path) -> Path:
    """The linear model's signature, and a fault that only shows when a first value is 1 or more.

    It looks a row up in a table of one: index 0 is there, index 1 fails the run.
    """
    table = np.zeros((1, 2), np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Slice", ["features", "zero", "one", "axis"], ["first"]),
            helper.make_node("Cast", ["first"], ["index"], to=TensorProto.INT64),
            helper.make_node("Squeeze", ["index", "axis"], ["flat"]),
            helper.make_node("Gather", ["table", "flat"], ["scores"], axis=0),
        ],
        "failing",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["rows", 4])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["rows", 2])],
        [
            numpy_helper.from_array(table, "table"),
            *(
                numpy_helper.from_array(np.array([value], np.int64), name)
                for name, value in (("zero", 0), ("one", 1), ("axis", 1))
            ),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path


def linear_scores(
    rows: np.ndarray[tuple[int, int], np.dtype[np.float32]], offset: float = 0.0
) -> list[list[float]]:
    """What the linear model answers, by numpy."""
    weights = np.arange(rows.shape[1] * 2, dtype=np.float32).reshape(rows.shape[1], 2)
    return (rows @ weights + offset).tolist()  # type: ignore[no-any-return]  # numpy's tolist is Any


def make_package(folder: Path, name: str, features: int = 4, offset: float = 0.0) -> Package:
    """The linear model as a package in `folder`: features f0, f1, ..., classes `low` and `high`."""
    source = write_linear_model(
        folder.with_name(f"{folder.name}-source") / "model.onnx", features, offset
    )
    columns = tuple(f"f{index}" for index in range(features))
    draft = PackageDraft(name=name, features=columns, labels=("low", "high"))
    return Package(folder, build_package(source, folder, draft))
