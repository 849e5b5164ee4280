"""ONNX files: types, shapes, batching, companions, and broken ones."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.dtypes import DataType
from core.errors import InvalidSpec, PackageCorrupt, UnsafePath
from registry.inspector import Inspection
from registry.inspectors.onnx import OnnxInspector
from tests.samples import write_linear_model

Dims = Sequence[int | str | None] | None
TYPES = [
    (TensorProto.BOOL, DataType.BOOL), (TensorProto.UINT8, DataType.UINT8),
    (TensorProto.UINT16, DataType.UINT16), (TensorProto.UINT32, DataType.UINT32),
    (TensorProto.UINT64, DataType.UINT64), (TensorProto.INT8, DataType.INT8),
    (TensorProto.INT16, DataType.INT16), (TensorProto.INT32, DataType.INT32),
    (TensorProto.INT64, DataType.INT64), (TensorProto.FLOAT16, DataType.FP16),
    (TensorProto.BFLOAT16, DataType.BF16), (TensorProto.FLOAT, DataType.FP32),
    (TensorProto.DOUBLE, DataType.FP64), (TensorProto.STRING, DataType.BYTES),
]  # fmt: skip


def tensor(name: str, dims: Dims, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, dims)


def inspect(
    folder: Path, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
) -> Inspection:
    """Inspect a model whose outputs each copy the first input."""
    nodes = [helper.make_node("Identity", [inputs[0].name], [out.name]) for out in outputs]
    model = helper.make_model(helper.make_graph(nodes, "g", inputs, outputs))
    onnx.save(model, str(folder / "m.onnx"))
    return OnnxInspector().inspect(folder / "m.onnx")


def judge(folder: Path, *shapes: Dims, output: Dims) -> tuple[bool, str]:
    inputs = [tensor(f"in{index}", dims) for index, dims in enumerate(shapes)]
    found = inspect(folder, inputs, [tensor("out", output)])
    return found.sign().batched, found.notes[0]


@pytest.mark.parametrize(("kind", "datatype"), TYPES)
def test_every_type_has_its_protocol_name(kind: int, datatype: DataType, tmp_path: Path) -> None:
    found = inspect(tmp_path, [tensor("a", ["n", 2], kind)], [tensor("b", ["n", 2], kind)])
    assert found.sign().inputs[0].datatype is datatype
    assert found.sign().inputs[0].shape == (-1, 2)


@pytest.mark.parametrize(
    ("shapes", "output"),
    [
        ([["n", 4]], ["n", 2]),
        ([["n", 4], ["n"]], ["n"]),
        ([[None, 4]], [None, 2]),
        ([["unk__214", 4]], ["unk__215", 2]),
        ([["n", "width", "height"]], ["n", "width"]),
    ],
)
def test_batched(shapes: list[Dims], output: Dims, tmp_path: Path) -> None:
    assert judge(tmp_path, *shapes, output=output)[0]


@pytest.mark.parametrize(
    ("shapes", "output", "why"),
    [
        ([[1, 4]], [1, 2], "'in0' has no free first dimension"),
        ([["n", 4]], [1, 2], "'out' has no free"),
        ([["n", 4], []], ["n", 2], "'in1' has no free"),
        ([["n", 4], [2, "n", 8]], ["n", 2], "'in1' has no free"),
        ([["n", 4]], ["m", 2], "do not have one name"),
        ([["n", 4]], [None, 2], "no name"),
        ([["n", 4]], ["unk__1", 2], "no name"),
        ([["n", 4]], ["n", "n"], "another dimension"),
        ([["sequence", 4]], ["sequence", 2], "steps"),
    ],
)
def test_not_batched(shapes: list[Dims], output: Dims, why: str, tmp_path: Path) -> None:
    batched, note = judge(tmp_path, *shapes, output=output)
    assert not batched
    assert why in note


def test_the_linear_model(tmp_path: Path) -> None:
    found = OnnxInspector().inspect(write_linear_model(tmp_path / "m.onnx", features=3))
    assert [spec.described for spec in found.sign().inputs] == ["FP32[-1, 3]"]
    assert [spec.described for spec in found.sign().outputs] == ["FP32[-1, 2]"]
    assert found.notes == ("batched: every first dimension is 'rows'",)


def test_weights_listed_as_inputs_are_none(tmp_path: Path) -> None:
    path = write_linear_model(tmp_path / "m.onnx")
    model = onnx.load(str(path))
    model.graph.input.append(tensor("weights", [4, 2]))
    onnx.save(model, str(path))
    assert [spec.name for spec in OnnxInspector().inspect(path).sign().inputs] == ["features"]


@pytest.mark.parametrize("written", [0, -1])
def test_a_size_that_is_none_is_free(written: int, tmp_path: Path) -> None:
    assert judge(tmp_path, [written, 4], output=[written, 2])[0]


def test_a_shape_that_was_left_out_is_inferred(tmp_path: Path) -> None:
    found = inspect(tmp_path, [tensor("a", ["n", 4])], [tensor("b", None)])
    assert found.sign().outputs[0].shape == (-1, 4)
    assert found.sign().batched


def test_a_shape_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match="export it with a shape"):
        inspect(tmp_path, [tensor("a", None)], [tensor("b", None)])


def test_a_sequence_is_refused_with_advice(tmp_path: Path) -> None:
    sequence = helper.make_tensor_sequence_value_info("maps", TensorProto.FLOAT, None)
    with pytest.raises(InvalidSpec, match="'zipmap': False"):
        inspect(tmp_path, [tensor("a", ["n", 4])], [sequence])


def test_a_type_without_protocol_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match="COMPLEX64"):
        inspect(
            tmp_path,
            [tensor("a", ["n"], TensorProto.COMPLEX64)],
            [tensor("b", ["n"], TensorProto.COMPLEX64)],
        )


def save_beside(folder: Path, location: str) -> Path:
    """The linear model with its weights in another file."""
    model = onnx.load(str(write_linear_model(folder / "plain.onnx")))
    weights = numpy_helper.from_array(np.ones((4, 2), np.float32), "weights")
    onnx.external_data_helper.set_external_data(weights, location)
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    model.graph.initializer[0].CopyFrom(weights)
    (folder / "m.onnx").write_bytes(model.SerializeToString())
    return folder / "m.onnx"


@pytest.mark.parametrize("location", ["weights.bin", "./weights.bin"])
def test_weights_beside_the_model_are_companions(location: str, tmp_path: Path) -> None:
    path = save_beside(tmp_path, location)
    (tmp_path / "weights.bin").write_bytes(bytes(32))
    assert OnnxInspector().inspect(path).companions == ("weights.bin",)


def test_missing_weights_are_found(tmp_path: Path) -> None:
    with pytest.raises(PackageCorrupt, match=r"weights\.bin"):
        OnnxInspector().inspect(save_beside(tmp_path, "weights.bin"))


@pytest.mark.parametrize("location", ["../weights.bin", "/etc/passwd", "a/../../b"])
def test_weights_elsewhere_are_refused(location: str, tmp_path: Path) -> None:
    with pytest.raises(UnsafePath):
        OnnxInspector().inspect(save_beside(tmp_path, location))


def test_weights_behind_a_link_are_refused(tmp_path: Path) -> None:
    path = save_beside(tmp_path, "weights.bin")
    (tmp_path / "weights.bin").symlink_to("/etc/passwd")
    with pytest.raises(UnsafePath):
        OnnxInspector().inspect(path)


@pytest.mark.parametrize("content", [b"", b"not a model", bytes(64), b"\x08\x09"])
def test_a_broken_file_is_corrupt(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(PackageCorrupt):
        OnnxInspector().inspect(tmp_path / "m.onnx")


def test_half_a_file_is_corrupt(tmp_path: Path) -> None:
    path = write_linear_model(tmp_path / "m.onnx")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(PackageCorrupt):
        OnnxInspector().inspect(path)


def test_a_missing_file_is_corrupt(tmp_path: Path) -> None:
    with pytest.raises(PackageCorrupt):
        OnnxInspector().inspect(tmp_path / "m.onnx")


def test_a_file_past_the_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match="limit is 100"):
        OnnxInspector(max_bytes=100).inspect(write_linear_model(tmp_path / "m.onnx"))
