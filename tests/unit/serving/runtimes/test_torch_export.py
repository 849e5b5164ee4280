from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import RuntimeUnavailable
from registry.package import Package, PackageDraft, build_package
from serving.runtimes.torch_export import TorchExportRuntime
from tests.contracts.runtime import ROWS, RuntimeContract
from tests.torches import Linear, export


def package(folder: Path, **options: str | bool) -> Package:
    source = export(folder.with_name(f"{folder.name}-source"))
    draft = PackageDraft(name="linear", options=options)
    return Package(folder, build_package(source, folder, draft))


class TestTorchExportRuntime(RuntimeContract):
    name = "torch_export"

    def make_package(self, folder: Path) -> Package:
        return package(folder)


def test_half_precision_is_near_enough(tmp_path: Path) -> None:
    runtime = TestTorchExportRuntime().load(package(tmp_path / "p", autocast="bfloat16"))
    found = runtime.predict({"features": ROWS})["scores"]
    np.testing.assert_allclose(
        found, Linear()(torch.from_numpy(ROWS))["scores"].detach(), rtol=0.05
    )


def test_a_precision_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="autocast"):
        TestTorchExportRuntime().load(package(tmp_path / "p", autocast="int3"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA")
def test_cuda_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="CUDA"):
        TestTorchExportRuntime().load(package(tmp_path / "p"), device="cuda")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_it_runs_on_cuda(tmp_path: Path) -> None:
    runtime = TestTorchExportRuntime().load(package(tmp_path / "p"), device="cuda")
    assert runtime.device == "cuda"
    expected = Linear()(torch.from_numpy(ROWS))["scores"].detach()
    np.testing.assert_allclose(runtime.predict({"features": ROWS})["scores"], expected, rtol=1e-3)


def test_gradients_pass_through_it(tmp_path: Path) -> None:
    runtime = TestTorchExportRuntime().load(package(tmp_path / "p"))
    assert isinstance(runtime, TorchExportRuntime)
    rows = torch.ones(1, 4, requires_grad=True)
    runtime.forward("scores")(rows)[0, 1].backward()
    assert rows.grad is not None
    assert rows.grad[0].tolist() == [1.0, 3.0, 5.0, 7.0]
