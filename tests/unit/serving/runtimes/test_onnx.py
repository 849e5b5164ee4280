from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from core.errors import RuntimeUnavailable
from core.resources import Resources
from registry.package import Package, PackageDraft, build_package, open_package
from serving.runtimes.onnx import OnnxRuntime, check_providers, choose_providers, has_cuda_device
from tests.contracts.runtime import RuntimeContract
from tests.samples import make_package


class TestOnnxRuntime(RuntimeContract):
    name = "onnx"

    def make_package(self, folder: Path) -> Package:
        return make_package(folder, "linear")


def write_text_model(folder: Path) -> Package:
    """Passes text through, with a name that no Python identifier could be."""
    graph = helper.make_graph(
        [helper.make_node("Identity", ["the text/0"], ["echo:1"])],
        "echo",
        [helper.make_tensor_value_info("the text/0", TensorProto.STRING, ["rows"])],
        [helper.make_tensor_value_info("echo:1", TensorProto.STRING, ["rows"])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    source = folder / "model.onnx"
    onnx.save(model, str(source))
    build_package(source, folder / "package", PackageDraft(name="echo"))
    return open_package(folder / "package")


def test_text_goes_in_and_out_as_bytes(tmp_path: Path) -> None:
    runtime = OnnxRuntime.load(write_text_model(tmp_path), Resources(device="cpu"))
    text = np.array(["é".encode(), b"", b"a\nb"], np.object_)
    assert runtime.predict({"the text/0": text})["echo:1"].tolist() == text.tolist()


def test_cuda_that_silently_fell_back_is_refused() -> None:
    with pytest.raises(RuntimeUnavailable, match="CUDA was asked for"):
        check_providers("cuda", ["CPUExecutionProvider"])
    check_providers("auto", ["CPUExecutionProvider"])
    check_providers("cuda", ["CUDAExecutionProvider", "CPUExecutionProvider"])


def test_providers_by_device() -> None:
    assert choose_providers("cpu") == ["CPUExecutionProvider"]
    assert choose_providers("cuda")[0] == "CUDAExecutionProvider"
    assert ("CUDAExecutionProvider" in choose_providers("auto")) <= has_cuda_device()


@pytest.mark.skipif(has_cuda_device(), reason="shows what happens without a GPU")
def test_cuda_is_refused_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="device cpu"):
        OnnxRuntime.load(make_package(tmp_path / "p", "linear"), Resources(device="cuda"))
