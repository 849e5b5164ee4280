from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest

from core.errors import NotFound, PackageCorrupt
from registry.mlflow_source import choose_form, fetch_model
from tests.samples import write_linear_model


class Doubling(mlflow.pyfunc.PythonModel):  # type: ignore[misc,name-defined]  # MLflow has no types here
    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        del context, params
        return model_input * 2


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry of MLflow's own with two versions of `doubling`."""
    folder = tmp_path_factory.mktemp("mlflow")
    uri = f"sqlite:///{folder}/mlflow.db"
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    try:
        client = mlflow.MlflowClient(tracking_uri=uri)
        client.create_experiment("one", artifact_location=str(folder / "artifacts"))
        saved = folder / "saved"
        mlflow.pyfunc.save_model(str(saved), python_model=Doubling())
        client.create_registered_model("doubling")
        for _ in range(2):
            client.create_model_version("doubling", source=str(saved))
        yield uri
    finally:
        mlflow.set_tracking_uri(before)


def test_a_registered_version_is_downloaded(store: str, tmp_path: Path) -> None:
    found = fetch_model("doubling", "1", store, tmp_path)
    assert (found.name, found.version, found.kind) == ("doubling", 1, "mlflow")
    assert (found.path / "MLmodel").is_file()
    assert "TIDEGATE_TRUSTED_RUNTIMES" in found.notes[0]


def test_without_a_number_it_is_the_newest(store: str, tmp_path: Path) -> None:
    assert fetch_model("doubling", "", store, tmp_path).source == "doubling/2"


@pytest.mark.parametrize(("name", "version"), [("nobody", ""), ("nobody", "1"), ("doubling", "9")])
def test_what_is_not_there_is_not_found(
    store: str, tmp_path: Path, name: str, version: str
) -> None:
    with pytest.raises(NotFound):
        fetch_model(name, version, store, tmp_path)


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="MLflow store"):
        fetch_model("doubling", "1", f"sqlite:///{tmp_path}/typo.db", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_safe_file_is_taken_alone(tmp_path: Path) -> None:
    write_linear_model(tmp_path / "model.onnx")
    (tmp_path / "MLmodel").write_text(
        "flavors:\n  onnx: {data: model.onnx}\n  python_function: {}\n"
    )
    assert choose_form(tmp_path)[:2] == ("onnx", tmp_path / "model.onnx")


@pytest.mark.parametrize("data", ["../elsewhere.onnx", "model.pkl", "missing.onnx"])
def test_what_is_not_such_a_file_stays_a_folder(tmp_path: Path, data: str) -> None:
    (tmp_path.parent / "elsewhere.onnx").write_text("")
    (tmp_path / "model.pkl").write_text("")
    (tmp_path / "MLmodel").write_text(f"flavors:\n  onnx: {{data: {data}}}\n")
    assert choose_form(tmp_path)[:2] == ("mlflow", tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "flavors: 3", "a: [b"])
def test_what_mlflow_did_not_save_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "MLmodel").write_text(text)
    with pytest.raises(PackageCorrupt):
        choose_form(tmp_path)
