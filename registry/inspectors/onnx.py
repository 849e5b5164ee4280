"""ONNX files: signature, companions and whether rows can be batched, from the graph alone."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx.external_data_helper import ExternalDataInfo, _get_all_tensors, uses_external_data

from core.dtypes import DataType
from core.errors import InvalidSpec, PackageCorrupt
from core.signature import Signature, TensorSpec
from registry.inspector import Inspection
from registry.paths import locate

# Protocol Buffers hold no more than this in one message; larger models keep weights beside it.
MAX_BYTES = 2**31 - 1

_DATATYPES: Mapping[int, DataType] = {
    onnx.TensorProto.BOOL: DataType.BOOL,
    onnx.TensorProto.UINT8: DataType.UINT8,
    onnx.TensorProto.UINT16: DataType.UINT16,
    onnx.TensorProto.UINT32: DataType.UINT32,
    onnx.TensorProto.UINT64: DataType.UINT64,
    onnx.TensorProto.INT8: DataType.INT8,
    onnx.TensorProto.INT16: DataType.INT16,
    onnx.TensorProto.INT32: DataType.INT32,
    onnx.TensorProto.INT64: DataType.INT64,
    onnx.TensorProto.FLOAT16: DataType.FP16,
    onnx.TensorProto.BFLOAT16: DataType.BF16,
    onnx.TensorProto.FLOAT: DataType.FP32,
    onnx.TensorProto.DOUBLE: DataType.FP64,
    onnx.TensorProto.STRING: DataType.BYTES,
}
# What tf2onnx and ONNX's shape inference call a dimension that they know nothing of.
_UNKNOWN = re.compile(r"unk__\d+")
# A first dimension of such a name counts steps of one sample, not samples.
_STEPS = ("seq", "time", "len", "step", "frame")


@dataclass(frozen=True, slots=True)
class _Value:
    """A graph input or output; `symbols` are its dimensions' names, empty where there is none."""

    spec: TensorSpec
    symbols: tuple[str, ...]


class OnnxInspector:
    """Reads `.onnx` files of at most `max_bytes`, their external weights not counted."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes

    def inspect(self, source: Path) -> Inspection:
        """As `Inspector` says."""
        model = self._load(source)
        companions = _find_companions(model, source)
        # Weights that ONNX before IR version 4 had to list as inputs are no inputs.
        held = {tensor.name for tensor in model.graph.initializer}
        held.update(tensor.values.name for tensor in model.graph.sparse_initializer)
        given = [value for value in model.graph.input if value.name not in held]
        inputs = [_read_value(value, "input") for value in given]
        outputs = [_read_value(value, "output") for value in _shape_outputs(model)]
        batched, note = _judge_batch([*inputs, *outputs])
        return Inspection(
            signature=Signature(
                tuple(value.spec for value in inputs),
                tuple(value.spec for value in outputs),
                batched=batched,
            ),
            runtime="onnx",
            platform="onnxruntime_onnx",
            companions=companions,
            notes=(note,),
        )

    def _load(self, source: Path) -> onnx.ModelProto:
        try:
            size = source.stat().st_size
            if size > self._max_bytes:
                fault = f"{size} bytes, and the limit is {self._max_bytes}; keep weights in external data"
                raise InvalidSpec("ONNX model", {"size": fault})
            model = onnx.load(str(source), load_external_data=False)
        except (OSError, DecodeError) as error:
            raise PackageCorrupt(source.name, f"not readable as ONNX ({error})") from error
        # Protocol Buffers read many other bytes, an empty file too, as a message without fields.
        if not (model.ir_version and model.opset_import and model.graph.output):
            raise PackageCorrupt(source.name, "not an ONNX model: no version or no outputs")
        return model


def _find_companions(model: onnx.ModelProto, source: Path) -> tuple[str, ...]:
    """The external weight files, each checked to lie in the model's folder."""
    tensors = (tensor for tensor in _get_all_tensors(model) if uses_external_data(tensor))
    paths = sorted({ExternalDataInfo(tensor).location.removeprefix("./") for tensor in tensors})
    for path in paths:
        if not locate(source.parent, path).is_file():
            raise PackageCorrupt(path, "the model keeps weights in this file, and it is missing")
    return tuple(paths)


def _shape_outputs(model: onnx.ModelProto) -> Iterable[onnx.ValueInfoProto]:
    """The outputs, their shapes inferred where an exporter left them out."""
    outputs = model.graph.output
    if all(_has_shape(value) or not value.type.HasField("tensor_type") for value in outputs):
        return list(outputs)
    return list(onnx.shape_inference.infer_shapes(model).graph.output)


def _has_shape(value: onnx.ValueInfoProto) -> bool:
    return bool(value.type.tensor_type.HasField("shape"))


def _read_value(value: onnx.ValueInfoProto, side: str) -> _Value:
    where = f"{side} '{value.name}'"
    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        raise InvalidSpec("ONNX model", {where: _explain_kind(kind)})
    tensor = value.type.tensor_type
    if tensor.elem_type not in _DATATYPES:
        name = onnx.TensorProto.DataType.Name(tensor.elem_type)
        raise InvalidSpec("ONNX model", {where: f"element type {name} has no protocol type"})
    if not tensor.HasField("shape"):
        fault = "the file does not say how many dimensions it has; export it with a shape"
        raise InvalidSpec("ONNX model", {where: fault})
    dims = tensor.shape.dim
    # Some exporters write 0 or -1 where the standard wants no value.
    shape = tuple(dim.dim_value if dim.dim_value > 0 else -1 for dim in dims)
    symbols = tuple("" if _UNKNOWN.fullmatch(dim.dim_param) else dim.dim_param for dim in dims)
    return _Value(TensorSpec(value.name, _DATATYPES[tensor.elem_type], shape), symbols)


def _explain_kind(kind: str | None) -> str:
    found = (kind or "no type").removesuffix("_type").replace("_", " ")
    return (
        f"{found} instead of a tensor; export with tensors only "
        "(with skl2onnx: options={'zipmap': False})"
    )


def _judge_batch(values: list[_Value]) -> tuple[bool, str]:
    """Whether all values share a free first dimension that counts rows, and why."""
    for value in values:
        if value.spec.shape[:1] != (-1,):
            return False, f"not batched: '{value.spec.name}' has no free first dimension"
    names = sorted({value.symbols[0] for value in values})
    if len(names) > 1:
        listed = ", ".join(f"'{name}'" if name else "no name" for name in names)
        return False, f"not batched: the first dimensions do not have one name ({listed})"
    name = names[0]
    if not name:
        # The exporters of scikit-learn and TensorFlow name no dimension. Where the first one is
        # free in all inputs and outputs alike it is rows in practice; a draft can say otherwise.
        return True, "batched: every first dimension is free and unnamed, so it is taken for rows"
    if any(step in name.lower() for step in _STEPS):
        return False, f"not batched: the first dimension '{name}' counts steps of one sample"
    if any(name in value.symbols[1:] for value in values):
        return False, f"not batched: '{name}' is the size of another dimension too"
    return True, f"batched: every first dimension is '{name}'"
