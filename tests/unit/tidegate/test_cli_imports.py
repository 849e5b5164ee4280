from pathlib import Path

import yaml

from core.endpoint import EndpointSpec
from registry.settings import refuse_telemetry
from tests.fakes.command import read, run, tell
from tests.fakes.control import FakeControl
from tests.samples import write_linear_model

CONFIG = """
backend: "onnxruntime"
max_batch_size: 16
input [ { name: "features" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "scores" data_type: TYPE_FP32 dims: [ 2 ] } ]
dynamic_batching { max_queue_delay_microseconds: 2000 }
version_policy: { all {} }
"""


def make_repository(folder: Path) -> Path:
    for version in (1, 2):
        write_linear_model(folder / "linear" / str(version) / "model.onnx", offset=float(version))
    (folder / "linear" / "config.pbtxt").write_text(CONFIG)
    (folder / "own" / "1").mkdir(parents=True)
    (folder / "own" / "config.pbtxt").write_text('backend: "python"')
    return folder


def test_a_repository_becomes_versions_and_specs(served: FakeControl, tmp_path: Path) -> None:
    folder, specs = make_repository(tmp_path / "repository"), tmp_path / "specs"
    found = read("models", "import-triton", str(folder), "--specs", str(specs))
    assert [(one["model"], one["version"], one["became"]) for one in found] == [
        ("linear", 1, 1),
        ("linear", 2, 2),
        ("own", 0, None),
    ]
    spec = EndpointSpec.read(yaml.safe_load((specs / "linear.yaml").read_text()))
    assert spec.variants[0].model == "linear:2"
    assert (spec.variants[0].batching.max_rows, spec.variants[0].batching.max_delay_ms) == (16, 2)
    assert served.client.models.get("linear").versions[0].manifest.lineage["triton"] == "linear/1"


def test_the_table_says_what_is_missing(served: FakeControl, tmp_path: Path) -> None:
    told = tell("models", "import-triton", str(make_repository(tmp_path / "repository")))
    assert "linear:2" in told
    assert "not imported" in told


def test_nothing_imported_is_a_failure(served: FakeControl, tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "repository")
    ran = run("models", "import-triton", str(folder), "--model", "own")
    assert ran.exit_code == 1
    assert served.client.models.list() == ()


def test_a_model_of_another_mlflow_is_published(served: FakeControl, tmp_path: Path) -> None:
    refuse_telemetry()
    import mlflow  # noqa: PLC0415 - after that it calls nobody

    uri = f"sqlite:///{tmp_path}/mlflow.db"
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    saved = tmp_path / "saved"
    write_linear_model(saved / "model.onnx")
    (saved / "MLmodel").write_text("flavors:\n  onnx: {data: model.onnx}\n")
    client.create_registered_model("linear")
    client.create_model_version("linear", source=str(saved))
    (found,) = read("models", "import-mlflow", "linear/1", "--tracking-uri", uri)
    assert (found["became"], found["kind"]) == (1, "onnx")
    assert served.client.models.get("linear").versions[0].manifest.lineage["mlflow"] == "linear/1"
