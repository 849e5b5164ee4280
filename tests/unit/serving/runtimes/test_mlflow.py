from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pytest
from mlflow.models import ModelSignature
from mlflow.pyfunc.model import PythonModel
from mlflow.types import ColSpec, DataType, Schema, TensorSpec

from core.tensor import Tensor
from registry.package import Package, PackageDraft, build_package
from registry.settings import refuse_telemetry
from tests.contracts.runtime import RuntimeContract

refuse_telemetry()
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:mlflow.*", "ignore::FutureWarning")
WEIGHTS = np.arange(8, dtype=np.float32).reshape(4, 2)


class Linear(PythonModel):
    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        return {"scores": model_input["features"] @ WEIGHTS}


class Shout(PythonModel):
    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        return model_input["word"].str.upper()


def package(folder: Path, model: Any, signature: Any) -> Package:
    source = folder.with_name(f"{folder.name}-source")
    mlflow.pyfunc.save_model(
        source, python_model=model, signature=signature, pip_requirements=["numpy"]
    )
    return Package(folder, build_package(source, folder, PackageDraft(name="linear")))


class TestMlflowRuntime(RuntimeContract):
    name = "mlflow"

    def make_package(self, folder: Path) -> Package:
        given = TensorSpec(np.dtype(np.float32), (-1, 4), "features")
        made = TensorSpec(np.dtype(np.float32), (-1, 2), "scores")
        return package(folder, Linear(), ModelSignature(Schema([given]), Schema([made])))


def test_columns_of_text_go_as_a_frame(tmp_path: Path) -> None:
    word = ColSpec(DataType.string, "word")
    signature = ModelSignature(Schema([word]), Schema([ColSpec(DataType.string)]))
    runtime = TestMlflowRuntime().load(package(tmp_path / "p", Shout(), signature))
    found = runtime.predict({"word": Tensor.of("word", ["a", "b"]).array})
    assert found["predictions"].tolist() == [b"A", b"B"]
