from pathlib import Path

import pytest

from core.batching import Batching
from core.dtypes import DataType
from core.errors import InvalidSpec
from core.signature import TensorSpec
from registry.triton import TritonModel, read_model, read_repository

DENSENET = """
name: "densenet"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [ { name: "data_0" data_type: TYPE_FP32 dims: [ 3, 224, 224 ] } ]
output [ { name: "fc6_1" data_type: TYPE_FP32 dims: [ 1000 ] label_filename: "labels.txt" } ]
dynamic_batching {
  preferred_batch_size: [ 8, 4 ]
  max_queue_delay_microseconds: 500
  priority_levels: 3
  default_priority_level: 2
}
instance_group [ { count: 2 kind: KIND_GPU } ]
model_warmup [ { name: "zeros" batch_size: 1 } ]
"""
SEQUENCE = """
backend: "onnxruntime"
max_batch_size: 4
sequence_batching {
  max_sequence_idle_microseconds: 5000000
  oldest { max_candidate_sequences: 16 }
  control_input [
    { name: "START" control [ { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } ] }
  ]
  state [ { input_name: "in_state" output_name: "out_state" data_type: TYPE_FP32 dims: [ 1 ] } ]
}
"""


def write(folder: Path, config: str = "", *files: str) -> Path:
    for file in files or ("1/model.onnx",):
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    if config:
        (folder / "config.pbtxt").write_text(config)
    return folder


def test_a_configuration_becomes_a_signature_and_batching(tmp_path: Path) -> None:
    folder = write(tmp_path / "densenet", DENSENET)
    (folder / "labels.txt").write_text("cat\ndog\n")
    model = read_model(folder)
    assert (model.name, model.kind, list(model.files)) == ("densenet", "onnx", [1])
    assert model.inputs == (TensorSpec("data_0", DataType.FP32, (-1, 3, 224, 224)),)
    assert (model.labels, model.is_batched) == (("cat", "dog"), True)
    batching = Batching.read(model.batching)
    assert (batching.max_rows, batching.preferred_rows, batching.max_delay_ms) == (8, (4, 8), 0.5)
    assert (batching.instances, batching.priority_levels, batching.default_priority) == (2, 3, 2)
    assert [note.split(":")[0] for note in model.notes] == ["warm-up requests", "instances on GPUs"]


def test_sequences_are_carried_over(tmp_path: Path) -> None:
    sequences = Batching.read(read_model(write(tmp_path / "sum", SEQUENCE)).batching).sequences
    assert sequences is not None
    assert (sequences.max_active, sequences.idle_s, sequences.start_input) == (16, 5.0, "START")
    assert [(one.input, one.output) for one in sequences.states] == [("in_state", "out_state")]


def test_without_a_configuration_the_file_says_it_all(tmp_path: Path) -> None:
    model = read_model(write(tmp_path / "plain", "", "1/model.onnx", "3/model.onnx"))
    assert (model.name, model.kind, list(model.files)) == ("plain", "onnx", [3])
    assert model.is_batched is None


@pytest.mark.parametrize(
    ("policy", "versions"),
    [
        ("version_policy: { all {} }", [1, 2, 10]),
        ("version_policy: { specific { versions: [ 2 ] } }", [2]),
        ("version_policy: { latest { num_versions: 2 } }", [2, 10]),
        ("", [10]),
    ],
)
def test_the_policy_says_which_versions(tmp_path: Path, policy: str, versions: list[int]) -> None:
    files = [f"{number}/model.onnx" for number in (1, 2, 10)]
    assert sorted(read_model(write(tmp_path / "m", policy, *files)).files) == versions


@pytest.mark.parametrize(
    ("config", "file", "kind"),
    [
        ('backend: "pytorch"', "1/model.pt", "torchscript"),
        ('backend: "fil"', "1/xgboost.json", "xgboost"),
        (
            'backend: "fil" parameters { key: "model_type" value { string_value: "lightgbm" } }',
            "1/model.txt",
            "lightgbm",
        ),
        ('default_model_filename: "net.onnx"', "1/net.onnx", "onnx"),
    ],
)
def test_every_kind_has_its_file(tmp_path: Path, config: str, file: str, kind: str) -> None:
    model = read_model(write(tmp_path / "m", config, file))
    assert (model.kind, model.files[1]) == (kind, tmp_path / "m" / file)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ('backend: "python"', "a class with `predict`"),
        ('platform: "tensorrt_plan"', "one GPU only"),
        ('platform: "ensemble"', "ensemble.json"),
        ('backend: "tensorflow"', "export the model to ONNX"),
        ('backend: "pytorch"', "has the file model.pt"),
        (
            'backend: "fil" parameters { key: "model_type" value { string_value: "treelite" } }',
            "save it as xgboost_json",
        ),
    ],
)
def test_what_cannot_be_packaged_says_why(tmp_path: Path, config: str, told: str) -> None:
    model = read_model(write(tmp_path / "m", config))
    assert told in model.refusal
    assert model == TritonModel("m", refusal=model.refusal)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("input [ {", r"config.pbtxt"),
        ('input [ { name: "x" dims: [ 1 ] } ] output [ { name: "y" } ]', "data_type is INVALID"),
        ('input [ { name: "x" data_type: TYPE_FP32 allow_ragged_batch: true } ]', "ragged"),
    ],
)
def test_one_that_cannot_be_read_stops_nobody_else(tmp_path: Path, config: str, told: str) -> None:
    write(tmp_path / "bad", config)
    write(tmp_path / "good")
    bad, good = read_repository(tmp_path)
    assert told in bad.refusal
    assert not good.refusal


def test_libtorch_takes_its_inputs_by_position_and_as_the_model_has_them(tmp_path: Path) -> None:
    tensors = """
    backend: "pytorch"
    max_batch_size: 4
    input [
      { name: "IN__1" data_type: TYPE_FP32 dims: [ 2 ] },
      { name: "IN__0" data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] } }
    ]
    output [ { name: "OUT__0" data_type: TYPE_FP32 dims: [ 2 ] } ]
    """
    model = read_model(write(tmp_path / "m", tensors, "1/model.pt"))
    assert [(one.name, one.shape) for one in model.inputs] == [("IN__0", (-1,)), ("IN__1", (-1, 2))]


def test_a_repository_has_models(tmp_path: Path) -> None:
    write(tmp_path / "a", DENSENET)
    write(tmp_path / "b")
    (tmp_path / "notes").mkdir()
    assert [one.name for one in read_repository(tmp_path)] == ["densenet", "b"]
    with pytest.raises(InvalidSpec, match="numbered version"):
        read_repository(tmp_path / "notes")
