from pathlib import Path
from typing import Literal

import pytest

from core.errors import RuntimeUnavailable
from core.resources import Resources
from serving.onnx_options import (
    OnnxOptions,
    Provider,
    check_providers,
    choose_providers,
    has_cuda_device,
    name_device,
    settle_provider,
)
from tests.samples import write_linear_model

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
TENSORRT = "TensorrtExecutionProvider"
no_gpu = pytest.mark.skipif(has_cuda_device(), reason="shows what happens without a GPU")


def test_options_of_a_package_reach_the_session(tmp_path: Path) -> None:
    given = OnnxOptions.of(
        {
            "graph_optimization_level": "basic",
            "execution_mode": "parallel",
            "intra_op_num_threads": 3,
            "inter_op_num_threads": 2,
            "session.intra_op.allow_spinning": False,
            "explain.method": "shap",
        }
    )
    session = given.open_session(write_linear_model(tmp_path / "m.onnx"), Resources(device="cpu"))
    found = session.get_session_options()
    assert found.graph_optimization_level.name == "ORT_ENABLE_BASIC"
    assert found.execution_mode.name == "ORT_PARALLEL"
    assert (found.intra_op_num_threads, found.inter_op_num_threads) == (3, 2)
    assert found.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_threads_are_the_variants_unless_the_package_says(tmp_path: Path) -> None:
    model = write_linear_model(tmp_path / "m.onnx")
    resources = Resources(device="cpu", intra_op_num_threads=2)
    session = OnnxOptions().open_session(model, resources)
    assert session.get_session_options().intra_op_num_threads == 2


def test_options_of_providers_go_by_their_names() -> None:
    found = OnnxOptions.of(
        {"cuda.arena_extend_strategy": "kSameAsRequested", "tensorrt.trt_fp16_enable": True}
    )
    assert found.cuda == {"arena_extend_strategy": "kSameAsRequested"}
    assert found.tensorrt == {"trt_fp16_enable": "1"}


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("provider", "rocm", "provider"),
        ("graph_optimisation_level", "all", "no such field"),
        ("inter_op_num_threads", "many", "inter_op_num_threads"),
    ],
)
def test_unknown_options_are_refused_by_name(key: str, value: str, says: str) -> None:
    with pytest.raises(RuntimeUnavailable, match=says):
        OnnxOptions.of({key: value})


@pytest.mark.parametrize(
    "key",
    [
        "tensorrt.trt_extra_plugin_lib_paths",
        "tensorrt.trt_engine_cache_path",
        "cuda.user_compute_stream",
        "cuda.gpu_external_alloc",
        "session.model_external_initializers_file_folder_path",
        "ep.context_enable",
        "tensorrt.trt_dump_subgraphs",
    ],
)
def test_a_package_names_no_file_library_or_address(key: str) -> None:
    with pytest.raises(RuntimeUnavailable, match="could reach beyond its own files"):
        OnnxOptions.of({key: 1})


def test_a_value_is_no_path_either() -> None:
    with pytest.raises(RuntimeUnavailable, match="could reach"):
        OnnxOptions.of({"session.disable_prepacking": "/etc/passwd"})


@pytest.mark.parametrize(
    ("provider", "device", "wanted"),
    [
        ("auto", "auto", "auto"),
        ("auto", "cuda", "cuda"),
        ("auto", "cpu", "cpu"),
        ("tensorrt", "auto", "tensorrt"),
        ("tensorrt", "cuda", "tensorrt"),
        ("cpu", "cpu", "cpu"),
    ],
)
def test_package_and_variant_settle_the_provider(
    provider: Provider, device: str, wanted: str
) -> None:
    assert settle_provider(provider, device) == wanted


@pytest.mark.parametrize(
    ("provider", "device"), [("cuda", "cpu"), ("tensorrt", "cpu"), ("cpu", "cuda")]
)
def test_package_and_variant_that_disagree_are_refused(provider: Provider, device: str) -> None:
    with pytest.raises(RuntimeUnavailable, match="change one of them"):
        settle_provider(provider, device)


def test_providers_by_what_is_wanted() -> None:
    assert choose_providers("cpu") == [CPU]
    assert choose_providers("cuda") == [CUDA, CPU]
    assert choose_providers("tensorrt") == [TENSORRT, CUDA, CPU]
    assert (CUDA in choose_providers("auto")) <= has_cuda_device()


def test_a_provider_that_silently_fell_back_is_refused() -> None:
    with pytest.raises(RuntimeUnavailable, match="CUDA was asked for"):
        check_providers("cuda", [CPU])
    with pytest.raises(RuntimeUnavailable, match="TensorRT was asked for"):
        check_providers("tensorrt", [CUDA, CPU])
    check_providers("auto", [CPU])
    check_providers("cuda", [CUDA, CPU])


def test_the_device_of_a_session() -> None:
    assert [name_device(one) for one in ([CPU], [CUDA, CPU], [TENSORRT, CPU])] == [
        "cpu",
        "cuda",
        "cuda",
    ]


@no_gpu
@pytest.mark.parametrize("provider", ["cuda", "tensorrt"])
def test_a_session_without_its_provider_is_refused(
    tmp_path: Path, provider: Literal["cuda", "tensorrt"]
) -> None:
    model = write_linear_model(tmp_path / "m.onnx")
    with pytest.raises(RuntimeUnavailable, match=r"TensorRT|CUDA"):
        OnnxOptions(provider=provider).open_session(model, Resources())
