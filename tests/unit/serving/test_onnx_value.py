from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from core.dtypes import DataType
from core.tensor import Array
from serving.onnx_value import bind_input, read_text, take_value, write_text


def echo(array: Array, kind: int, folder: Path) -> Array:
    """What ONNX Runtime's identity gives back through a binding."""
    values = [helper.make_tensor_value_info(name, kind, list(array.shape)) for name in ("x", "y")]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "g", values[:1], values[1:]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(folder / "m.onnx"))
    session = onnxruntime.InferenceSession(folder / "m.onnx", providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    bind_input(binding, "x", array)
    binding.bind_output("y")
    session.run_with_iobinding(binding)
    return take_value(binding.get_outputs()[0])


@pytest.mark.parametrize(
    ("datatype", "kind"),
    [
        (DataType.BF16, TensorProto.BFLOAT16),
        (DataType.FP16, TensorProto.FLOAT16),
        (DataType.INT64, TensorProto.INT64),
    ],
)
@pytest.mark.parametrize("shape", [(2, 3), (0, 3), ()])
def test_arrays_come_back_as_they_went(
    tmp_path: Path, datatype: DataType, kind: int, shape: tuple[int, ...]
) -> None:
    array = np.asarray(np.ones(shape).astype(datatype.numpy) * 3, datatype.numpy)
    array.flags.writeable = False
    found = echo(array, kind, tmp_path)
    assert (found.dtype, found.shape, found.flags.writeable) == (datatype.numpy, shape, True)
    assert found.tobytes() == array.tobytes()


def test_columns_of_a_larger_array_are_fine(tmp_path: Path) -> None:
    array = np.arange(8).astype(DataType.BF16.numpy).reshape(2, 4)[:, ::2]
    assert echo(array, TensorProto.BFLOAT16, tmp_path).tolist() == [[0, 2], [4, 6]]


def test_text_is_bytes_outside_and_strings_inside() -> None:
    held = np.array([["é".encode()], [b""]], np.object_)
    assert read_text(held).tolist() == [["é"], [""]]
    assert write_text(read_text(held)).tolist() == held.tolist()
    with pytest.raises(UnicodeDecodeError):
        read_text(np.array([b"\xff"], np.object_))
