"""Triton's model repository: what each model's folder and `config.pbtxt` say, in our words.

Source: Triton Inference Server, "Model Repository" and "Model Configuration". Nothing is loaded or run.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.dtypes import DataType
from core.errors import InvalidSpec
from core.signature import TensorSpec

CONFIG_FILE = "config.pbtxt"
_MAX_CONFIG_BYTES = 2**20
# A model's backend, or its platform, and what its file is called: our kind of it.
_KINDS = {
    "onnxruntime": ("onnx", "model.onnx"),
    "onnxruntime_onnx": ("onnx", "model.onnx"),
    "pytorch": ("torchscript", "model.pt"),
    "pytorch_libtorch": ("torchscript", "model.pt"),
}
_FOREST = {
    "xgboost_json": ("xgboost", "xgboost.json"),
    "xgboost_ubj": ("xgboost", "xgboost.ubj"),
    "lightgbm": ("lightgbm", "model.txt"),
}
_REFUSED = {
    "python": "its class speaks Triton's own interface; write a class with `predict` instead",
    "ensemble": "write an ensemble.json of the packaged steps instead",
    "tensorrt": "a TensorRT engine fits one GPU only; bring the ONNX file that it was built of",
    "tensorrt_plan": "a TensorRT engine fits one GPU only; bring the ONNX file that it was built of",
}
_LEFT_OUT = (
    ("model_warmup", "warm-up requests: write them to warmup.json"),
    ("optimization", "optimization: see the options of the runtime"),
    ("parameters", "parameters of the backend: see the options of the runtime"),
    ("response_cache", "response cache: left out"),
    ("batch_output", "batch_output: left out"),
    ("metric_tags", "metric tags: left out"),
)
# Inputs of libtorch go by position, and their names say which.
_POSITION = re.compile(r".*__(\d+)$")


@dataclass(frozen=True, slots=True)
class TritonModel:
    """One model of a repository. `refusal` says why it cannot be packaged, empty where it can.

    `files` has the model's file by version, of the versions that its policy serves. `batching` is that
    of a variant (`core.batching.Batching`), `notes` what could not be carried over.
    """

    name: str
    kind: str = ""
    refusal: str = ""
    files: dict[int, Path] = field(default_factory=dict)
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    labels: tuple[str, ...] = ()
    is_batched: bool | None = None
    batching: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_repository(folder: Path) -> tuple[TritonModel, ...]:
    """Every model of the repository by name; raises InvalidSpec where there is none."""
    models = tuple(
        read_model(each)
        for each in sorted(folder.iterdir())
        if each.is_dir() and ((each / CONFIG_FILE).is_file() or any(_versions(each)))
    )
    if not models:
        fault = f"no folder in it has a {CONFIG_FILE} or a numbered version"
        raise InvalidSpec("Triton repository", {folder.name: fault})
    return models


def read_model(folder: Path) -> TritonModel:
    """One model's folder; one whose configuration cannot be read is refused like any other."""
    try:
        return _read_model(folder)
    except InvalidSpec as error:
        return TritonModel(folder.name, refusal=str(error))


def _read_model(folder: Path) -> TritonModel:
    config = _read_config(folder / CONFIG_FILE)
    name = config.name or folder.name
    kind, file = _find_kind(config)
    if not kind:
        return TritonModel(name, refusal=file)
    if config.batch_input or any(one.allow_ragged_batch for one in config.input):
        return TritonModel(
            name, refusal="ragged batches: requests of several lengths are padded instead"
        )
    served = _serve_versions(config, dict(_versions(folder)))
    files = {version: found for version, at in served.items() if (found := _find(at, file))}
    if not files:
        return TritonModel(name, refusal=f"none of its versions has the file {file}")
    batched = config.max_batch_size > 0
    says_tensors = bool(config.input and config.output)
    return TritonModel(
        name=name,
        kind=kind,
        files=files,
        inputs=tuple(_read_tensor(one, batched=batched) for one in _order(config.input)),
        outputs=tuple(_read_tensor(one, batched=batched) for one in config.output),
        labels=_read_labels(folder, config),
        is_batched=batched if says_tensors else None,
        batching=_read_batching(config),
        notes=_list_notes(config),
    )


def _read_config(path: Path) -> Any:
    from google.protobuf import text_format  # noqa: PLC0415 - only an import reads such files
    from tritonclient.grpc import model_config_pb2  # noqa: PLC0415 - as above

    config = model_config_pb2.ModelConfig()
    if not path.is_file():
        return config
    if path.stat().st_size > _MAX_CONFIG_BYTES:
        raise InvalidSpec("Triton model", {str(path): f"larger than {_MAX_CONFIG_BYTES} bytes"})
    try:
        return text_format.Parse(path.read_text(), config, allow_unknown_field=True)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise InvalidSpec("Triton model", {str(path): str(error)}) from error


def _find_kind(config: Any) -> tuple[str, str]:
    """Our kind and the model's file; no kind, and why, for what cannot be packaged."""
    said = config.backend or config.platform or "onnxruntime"
    if said == "fil":
        form = config.parameters["model_type"].string_value or "xgboost_json"
        kind, file = _FOREST.get(form, ("", f"its forest is {form}: save it as xgboost_json"))
    elif said in _KINDS:
        kind, file = _KINDS[said]
    else:
        why = _REFUSED.get(said, "there is no runtime for it; export the model to ONNX")
        return "", f"backend {said}: {why}"
    return kind, config.default_model_filename or file


def _versions(folder: Path) -> Iterator[tuple[int, Path]]:
    for each in sorted(folder.iterdir()):
        if each.is_dir() and each.name.isdigit() and int(each.name) > 0:
            yield int(each.name), each


def _serve_versions(config: Any, found: dict[int, Path]) -> dict[int, Path]:
    """Those that Triton would serve: the latest one, unless the policy says otherwise."""
    policy = config.version_policy
    numbers = sorted(found)
    match policy.WhichOneof("policy_choice"):
        case "all":
            chosen = numbers
        case "specific":
            chosen = [one for one in numbers if one in set(policy.specific.versions)]
        case _:
            chosen = numbers[-(policy.latest.num_versions or 1) :]
    return {number: found[number] for number in chosen}


def _find(version: Path, file: str) -> Path | None:
    at = version / file
    if at.is_dir():
        # A model of several files: its main one has the folder's name.
        at = at / file
    return at if at.is_file() else None


def _order(inputs: Sequence[Any]) -> Sequence[Any]:
    """By the positions in their names, where all have one: so libtorch takes them."""
    found = [_POSITION.match(one.name) for one in inputs]
    if not all(found):
        return inputs
    return sorted(inputs, key=lambda one: int(_POSITION.sub(r"\1", one.name)))


def _read_tensor(tensor: Any, *, batched: bool) -> TensorSpec:
    kinds = tensor.DESCRIPTOR.fields_by_name["data_type"].enum_type.values_by_number
    said = kinds[tensor.data_type].name.removeprefix("TYPE_")
    try:
        datatype = DataType.BYTES if said == "STRING" else DataType(said)
    except ValueError as error:
        raise InvalidSpec("Triton model", {tensor.name: f"its data_type is {said}"}) from error
    # The model itself has the shape that Triton gives it, which is not what callers sent there.
    dims = tuple(tensor.reshape.shape) if tensor.HasField("reshape") else tuple(tensor.dims)
    optional = bool(getattr(tensor, "optional", False))
    return TensorSpec(tensor.name, datatype, (-1, *dims) if batched else dims, optional=optional)


def _read_labels(folder: Path, config: Any) -> tuple[str, ...]:
    for output in config.output:
        path = folder / output.label_filename
        if (
            output.label_filename
            and path.is_file()
            and path.resolve().is_relative_to(folder.resolve())
        ):
            return tuple(line.strip() for line in path.read_text().splitlines() if line.strip())
    return ()


def _read_batching(config: Any) -> dict[str, Any]:
    batching: dict[str, Any] = {}
    if config.max_batch_size > 0:
        batching["max_rows"] = config.max_batch_size
    if config.HasField("dynamic_batching"):
        batching |= _read_dynamic(config.dynamic_batching)
    if config.HasField("sequence_batching"):
        batching["sequences"] = _read_sequences(config.sequence_batching)
    instances = sum(max(group.count, 1) for group in config.instance_group)
    if instances > 1:
        batching["instances"] = instances
    return batching


def _read_dynamic(dynamic: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if dynamic.preferred_batch_size:
        found["preferred_rows"] = sorted(dynamic.preferred_batch_size)
    if dynamic.max_queue_delay_microseconds:
        found["max_delay_ms"] = dynamic.max_queue_delay_microseconds / 1000
    if dynamic.priority_levels:
        found["priority_levels"] = dynamic.priority_levels
        found["default_priority"] = dynamic.default_priority_level or 1
    return found


def _read_sequences(sequences: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "states": [
            {"input": state.input_name, "output": state.output_name} for state in sequences.state
        ]
    }
    if sequences.max_sequence_idle_microseconds:
        found["idle_s"] = sequences.max_sequence_idle_microseconds / 1e6
    if sequences.oldest.max_candidate_sequences:
        found["max_active"] = sequences.oldest.max_candidate_sequences
    fields = {0: "start_input", 2: "end_input", 3: "id_input"}
    for control_input in sequences.control_input:
        for control in control_input.control:
            if control.kind in fields:
                found[fields[control.kind]] = control_input.name
    return found


def _list_notes(config: Any) -> tuple[str, ...]:
    said = {descriptor.name for descriptor, _ in config.ListFields()}
    notes = [told for name, told in _LEFT_OUT if name in said]
    if any(group.kind == group.KIND_GPU for group in config.instance_group):
        notes.append("instances on GPUs: give the variant resources.num_gpus")
    if any(tensor.HasField("reshape") for tensor in (*config.input, *config.output)):
        notes.append("reshape: callers see the shapes of the model itself")
    return tuple(notes)
