"""ONNX of a model in another format, when it is packaged: refused unless it answers the same.

Converters: sklearn-onnx for scikit-learn, onnxmltools for XGBoost and LightGBM. Both models are run in the
runtimes that would serve them, on the same rows.
"""

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper

from core.dtypes import DataType
from core.errors import InvalidSpec
from core.resources import Resources
from core.signature import TensorSpec
from core.tensor import Array
from registry.package import Package, PackageDraft, build_package
from serving.runtime import Runtime, load_runtime
from training.export import ROWS, Column, export_pipeline
from training.fidelity import TOLERANCE, compare

KINDS = ("sklearn", "xgboost", "lightgbm")
_ROWS = 256
# The newest that onnxmltools writes.
_OPSET = 15
_FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)


@dataclass(frozen=True, slots=True)
class Converted:
    """The ONNX file, and by how much its answers differ from the model's, as a share of their scale."""

    path: Path
    difference: float


def convert(source: Path, draft: PackageDraft, folder: Path) -> Converted:
    """Write the model as `model.onnx` into `folder`.

    Raises InvalidSpec for a model that cannot be converted, or whose ONNX form answers otherwise: on the
    draft's sample, or on rows drawn at random where there is none.
    """
    with tempfile.TemporaryDirectory(prefix="tidegate-") as work:
        own = Package(Path(work) / "own", build_package(source, Path(work) / "own", draft))
        kind = own.manifest.runtime
        if kind not in KINDS:
            raise _refuse(f"kind {kind} is not converted; those that are: {', '.join(KINDS)}")
        rows = _draw_rows(own, draft)
        path = folder / "model.onnx"
        try:
            _write(own, path)
        except InvalidSpec:
            raise
        except Exception as error:  # converters raise anything
            told = f"its converter failed: {type(error).__name__}: {error}"
            raise _refuse(told) from error
        there = replace(draft, kind="onnx", inputs=(), outputs=(), batched=None)
        onnx = Package(Path(work) / "onnx", build_package(path, Path(work) / "onnx", there))
        difference = _compare(own, onnx, rows)
    return Converted(path, difference)


def _compare(own: Package, onnx: Package, rows: Array) -> float:
    wanted, given = _run(own, rows), _run(onnx, rows)
    fidelity = compare(given, wanted)
    if not fidelity.is_good:
        raise _refuse(
            f"its ONNX form answers otherwise: outputs differ by {fidelity.difference:.2g} of their "
            f"scale (at most {TOLERANCE:g}), {fidelity.labels} of {len(rows)} labels differ"
        )
    return fidelity.difference


def _run(package: Package, rows: Array) -> Mapping[str, Array]:
    runtime: Runtime = load_runtime(package, Resources(device="cpu"))
    try:
        (spec,) = package.manifest.signature.inputs
        return dict(runtime.predict({spec.name: rows.astype(spec.datatype.numpy)}))
    finally:
        runtime.close()


def _draw_rows(package: Package, draft: PackageDraft) -> Array:
    """Rows to compare on, FP32 [rows, features]."""
    specs = package.manifest.signature.inputs
    if len(specs) != 1 or specs[0].datatype is DataType.BYTES or len(specs[0].shape) != 2:
        raise _refuse("only models of one matrix of numbers are converted")
    names = specs[0].features
    if draft.sample is not None and names:
        from pyarrow import parquet  # noqa: PLC0415 - only where there is a sample

        table = parquet.read_table(draft.sample, columns=list(names))
        columns = [table.column(name).to_numpy(zero_copy_only=False) for name in names]
        return np.column_stack(columns).astype(np.float32)[:_ROWS]
    return np.random.default_rng(0).normal(size=(_ROWS, specs[0].shape[1])).astype(np.float32)


def _write(package: Package, path: Path) -> None:
    kind = package.manifest.runtime
    (spec,) = package.manifest.signature.inputs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind == "sklearn":
            _write_estimator(package, spec.shape[1], path)
        else:
            _write_trees(package, spec.shape[1], path)
    model = onnx.load(str(path))
    answer_alike(model.graph, spec.name, package.manifest.signature.outputs)
    if all(one.domain for one in model.opset_import):
        # A graph of trees alone names the operators of trees only.
        model.opset_import.append(helper.make_opsetid("", _OPSET))
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _write_estimator(package: Package, features: int, path: Path) -> None:
    from sklearn.pipeline import Pipeline  # noqa: PLC0415 - seconds

    from registry.inspectors.sklearn import load_estimator  # noqa: PLC0415 - as above

    estimator = load_estimator(package.model_path)
    pipeline = estimator if isinstance(estimator, Pipeline) else Pipeline([("model", estimator)])
    export_pipeline(
        pipeline, [Column(f"c{index}", is_text=False) for index in range(features)], path
    )


def _write_trees(package: Package, features: int, path: Path) -> None:
    import onnxmltools  # noqa: PLC0415 - as above
    from onnxmltools.convert.common.data_types import FloatTensorType  # noqa: PLC0415 - as above

    types = [("features", FloatTensorType([None, features]))]
    booster: Any
    if package.manifest.runtime == "xgboost":
        import xgboost  # noqa: PLC0415 - as above

        booster = xgboost.Booster()
        booster.load_model(str(package.model_path))
        booster.feature_names = None
        model = onnxmltools.convert_xgboost(booster, initial_types=types, target_opset=_OPSET)
    else:
        import lightgbm  # noqa: PLC0415 - as above

        booster = lightgbm.Booster(model_file=str(package.model_path))
        model = onnxmltools.convert_lightgbm(
            booster, initial_types=types, target_opset=_OPSET, zipmap=False
        )
    onnx.save(model, str(path))


def answer_alike(graph: Any, name: str, outputs: Sequence[TensorSpec]) -> None:
    """Give a converted graph the model's own input, outputs and shapes, one dimension of rows for all.

    Where the model answers one number a row, the graph's column of it is taken: of two classes the second.
    """
    renamed = {graph.input[0].name: name} | {one.name: f"raw/{one.name}" for one in graph.output}
    for node in graph.node:
        node.input[:] = [renamed.get(one, one) for one in node.input]
        node.output[:] = [renamed.get(one, one) for one in node.output]
    graph.input[0].name = name
    raw = list(graph.output)
    del graph.output[:]
    for spec in outputs:
        given = _find_raw(raw, spec.name)
        _append(graph, f"raw/{given.name}", given, spec)
    for value in (*graph.input, *graph.output):
        first = value.type.tensor_type.shape.dim[0]
        first.Clear()
        first.dim_param = ROWS


def _find_raw(raw: Sequence[Any], name: str) -> Any:
    """The output of this name, else the one of numbers that the converter has named otherwise."""
    same = [one for one in raw if one.name == name]
    floats = [one for one in raw if one.type.tensor_type.elem_type in _FLOATS]
    return (same or floats)[-1]


def _append(graph: Any, source: str, given: Any, spec: TensorSpec) -> None:
    tensor = given.type.tensor_type
    dims = [one.dim_value for one in tensor.shape.dim]
    if len(spec.shape) == 1 and len(dims) == 2:
        index = f"{spec.name}/column"
        graph.initializer.append(
            helper.make_tensor(index, onnx.TensorProto.INT64, [], [max(dims[1] - 1, 0)])
        )
        graph.node.append(helper.make_node("Gather", [source, index], [spec.name], axis=1))
    else:
        graph.node.append(helper.make_node("Identity", [source], [spec.name]))
    shape: list[str | int | None] = [ROWS, *spec.shape[1:]]
    graph.output.append(helper.make_tensor_value_info(spec.name, tensor.elem_type, shape))


def _refuse(told: str) -> InvalidSpec:
    return InvalidSpec("conversion to ONNX", {"model": told})
