from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import RuntimeUnavailable
from registry.package import Package, PackageDraft, build_package
from tests.contracts.runtime import RuntimeContract
from tests.torches import write_weights
from tests.unit.serving.runtimes.test_torchscript import DRAFT


def package(folder: Path, draft: PackageDraft) -> Package:
    source = write_weights(folder.with_name(f"{folder.name}-source"))
    return Package(folder, build_package(source, folder, draft))


class TestTorchModuleRuntime(RuntimeContract):
    name = "torch_module"

    def make_package(self, folder: Path) -> Package:
        return package(folder, replace(DRAFT, options={"module": "net.py:Linear"}))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "must name a class"),
        ({"module": "net.py:Nothing"}, "no class"),
        ({"module": "net.py:Linear", "argument.features": 5}, "size mismatch|Error"),
    ],
)
def test_a_class_that_does_not_fit_is_refused(
    tmp_path: Path, options: dict[str, str | int], says: str
) -> None:
    made = package(tmp_path / "p", replace(DRAFT, options=options))
    with pytest.raises(RuntimeUnavailable, match=says):
        TestTorchModuleRuntime().load(made)
