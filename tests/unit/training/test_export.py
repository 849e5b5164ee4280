from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from registry.inspector import inspect_model
from training.dataset import Dataset
from training.export import Column, export_pipeline
from training.fidelity import run_model

# Close float32 neighbours, so that every threshold between two of them must be rounded the right way.
STEPS = np.cumsum(np.full(200, np.spacing(np.float32(1.0)), np.float32)) + np.float32(1.0)


def test_thresholds_between_neighbouring_numbers_keep_their_side(tmp_path: Path) -> None:
    rows, answers = STEPS.reshape(-1, 1), np.arange(200.0) % 7
    trees = HistGradientBoostingRegressor(min_samples_leaf=1, max_iter=20)
    pipeline = make_pipeline(trees).fit(rows, answers)
    export_pipeline(pipeline, [Column("x", is_text=False)], tmp_path / "model.onnx")
    data = Dataset(pd.DataFrame(rows, columns=["x"]), answers)
    found = run_model(tmp_path / "model.onnx", data)["prediction"]
    assert found.reshape(-1) == pytest.approx(pipeline.predict(rows), abs=1e-5)


def test_the_exported_pipeline_itself_is_left_as_it_was(tmp_path: Path) -> None:
    rows, answers = STEPS.reshape(-1, 1), np.arange(200.0)
    pipeline = make_pipeline(HistGradientBoostingRegressor(max_iter=3))
    pipeline.fit(rows, answers)
    before = pipeline.predict(rows)
    export_pipeline(pipeline, [Column("x", is_text=False)], tmp_path / "model.onnx")
    assert np.array_equal(pipeline.predict(rows), before)


def test_all_rows_have_one_name(tmp_path: Path) -> None:
    pipeline = make_pipeline(StandardScaler(), HistGradientBoostingRegressor(max_iter=2))
    pipeline.fit(STEPS.reshape(-1, 2), np.arange(100.0))
    columns = [Column("a", is_text=False), Column("b", is_text=False)]
    export_pipeline(pipeline, columns, tmp_path / "model.onnx")
    graph = onnx.load(tmp_path / "model.onnx").graph
    values = [*graph.input, *graph.output]
    assert {value.type.tensor_type.shape.dim[0].dim_param for value in values} == {"rows"}
    assert inspect_model(tmp_path / "model.onnx").sign().batched
