from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from core.dtypes import DataType
from core.errors import RuntimeUnavailable
from core.resources import Resources
from registry.package import Package, PackageDraft, build_package, open_package
from serving.onnx_options import has_cuda_device
from serving.runtimes.onnx import OnnxRuntime
from tests.contracts.runtime import RuntimeContract
from tests.samples import linear_scores, make_package, write_linear_model


class TestOnnxRuntime(RuntimeContract):
    name = "onnx"

    def make_package(self, folder: Path) -> Package:
        return make_package(folder, "linear")


def write_model(
    folder: Path, nodes: list[Any], given: Mapping[str, int], made: Mapping[str, int]
) -> Package:
    """A package of these nodes; every tensor has rows only."""
    inputs, outputs = (
        [helper.make_tensor_value_info(name, kind, ["rows"]) for name, kind in side.items()]
        for side in (given, made)
    )
    graph = helper.make_graph(nodes, "odd", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(folder / "model.onnx"))
    build_package(folder / "model.onnx", folder / "package", PackageDraft(name="odd"))
    return open_package(folder / "package")


def write_text_model(folder: Path) -> Package:
    """Passes text through, with a name that no Python identifier could be."""
    node = helper.make_node("Identity", ["the text/0"], ["echo:1"])
    text = TensorProto.STRING
    return write_model(folder, [node], {"the text/0": text}, {"echo:1": text})


def test_text_goes_in_and_out_as_bytes(tmp_path: Path) -> None:
    runtime = OnnxRuntime.load(write_text_model(tmp_path), Resources(device="cpu"))
    text = np.array(["é".encode(), b"", b"a\nb"], np.object_)
    assert runtime.predict({"the text/0": text})["echo:1"].tolist() == text.tolist()


def test_half_precision_of_both_kinds_goes_in_and_out(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Cast", ["a/b:0 ü"], ["y 1"], to=TensorProto.FLOAT16),
        helper.make_node("Cast", ["half"], ["bf/2"], to=TensorProto.BFLOAT16),
    ]
    given = {"a/b:0 ü": TensorProto.BFLOAT16, "half": TensorProto.FLOAT16}
    made = {"y 1": TensorProto.FLOAT16, "bf/2": TensorProto.BFLOAT16}
    runtime = OnnxRuntime.load(write_model(tmp_path, nodes, given, made), Resources(device="cpu"))
    rows = np.array([1, -2.5], np.float16)
    found = runtime.predict({"a/b:0 ü": rows.astype(DataType.BF16.numpy), "half": rows})
    assert {name: (array.dtype.name, array.tolist()) for name, array in found.items()} == {
        "y 1": ("float16", [1, -2.5]),
        "bf/2": ("bfloat16", [1, -2.5]),
    }


def test_text_and_bf16_in_one_model_are_refused(tmp_path: Path) -> None:
    kinds = {"t": TensorProto.STRING, "b": TensorProto.BFLOAT16}
    nodes = [helper.make_node("Identity", [name], [f"{name}2"]) for name in kinds]
    package = write_model(
        tmp_path, nodes, kinds, {f"{name}2": kind for name, kind in kinds.items()}
    )
    with pytest.raises(RuntimeUnavailable, match="text and BF16"):
        OnnxRuntime.load(package, Resources(device="cpu"))


def test_options_of_the_package_are_heeded(tmp_path: Path) -> None:
    source = write_linear_model(tmp_path / "model.onnx")
    draft = PackageDraft(name="m", options={"provider": "cpu", "execution_mode": "both"})
    build_package(source, tmp_path / "p", draft)
    with pytest.raises(RuntimeUnavailable, match="execution_mode"):
        OnnxRuntime.load(open_package(tmp_path / "p"), Resources(device="cpu"))


@pytest.mark.gpu
@pytest.mark.skipif(not has_cuda_device(), reason="no CUDA device")
def test_it_binds_to_the_gpu(tmp_path: Path) -> None:
    runtime = OnnxRuntime.load(make_package(tmp_path / "p", "linear"), Resources(device="cuda"))
    rows = np.arange(8, dtype=np.float32).reshape(2, 4)
    found = runtime.predict({"features": rows})["scores"]
    np.testing.assert_allclose(found, linear_scores(rows), rtol=1e-5)
    assert runtime.device == "cuda"


@pytest.mark.skipif(has_cuda_device(), reason="shows what happens without a GPU")
def test_cuda_is_refused_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="device cpu"):
        OnnxRuntime.load(make_package(tmp_path / "p", "linear"), Resources(device="cuda"))
