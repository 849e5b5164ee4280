from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from core.errors import InvalidSpec
from core.resources import Resources
from registry.package import Package, PackageDraft, build_package
from serving.explainer import (
    ExplainerRuntime,
    find_subject,
    is_explained,
    read_background,
    sign_explanation,
)
from tests.samples import write_linear_model

FEATURES = ("f0", "f1", "f2", "f3")


def make(folder: Path, options: dict[str, str | int] | None = None) -> Package:
    source = write_linear_model(folder / "source" / "model.onnx")
    columns = {name: [float(n) for n in range(10)] for name in FEATURES}
    parquet.write_table(pa.table(columns), folder / "sample.parquet")
    draft = PackageDraft(
        name="linear", features=FEATURES, sample=folder / "sample.parquet", options=options or {}
    )
    return Package(folder / "package", build_package(source, folder / "package", draft))


def test_a_package_asks_by_an_option(tmp_path: Path) -> None:
    package = make(tmp_path, {"explain.method": "shap"})
    assert is_explained(package.manifest)
    given, explained = find_subject(package.manifest)
    assert (given.name, explained.name) == ("features", "scores")
    names = [spec.name for spec in sign_explanation(package.manifest).outputs]
    assert names == ["scores.attributions", "scores.base"]


def test_an_output_that_is_not_there_is_refused(tmp_path: Path) -> None:
    package = make(tmp_path, {"explain.method": "shap", "explain.output": "nothing"})
    with pytest.raises(InvalidSpec, match="output"):
        find_subject(package.manifest)


def test_the_background_is_spread_over_the_sample(tmp_path: Path) -> None:
    package = make(tmp_path)
    assert not is_explained(package.manifest)
    given = package.manifest.signature.inputs[0]
    assert read_background(package, given, 3)[:, 0].tolist() == [0.0, 4.0, 9.0]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:shap.*")
def test_an_explainer_is_served_like_a_model(tmp_path: Path) -> None:
    package = make(tmp_path, {"explain.method": "shap", "explain.background": 3})
    runtime = ExplainerRuntime.load(package, Resources(device="cpu"))
    found = runtime.predict({"features": np.ones((2, 4), np.float32)})
    assert found["scores.attributions"].shape == (2, 2, 4)
    assert found["scores.base"].dtype == np.float32
    assert runtime.device == "cpu"
    runtime.close()
