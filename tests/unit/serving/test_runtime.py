from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import tests.unit.serving.runtimes
from core.errors import RuntimeUnavailable
from core.resources import Resources
from serving.runtime import RUNTIMES, load_runtime
from tests.contracts.runtime import RuntimeContract
from tests.samples import make_package


def test_every_runtime_holds_to_the_contract() -> None:
    package = tests.unit.serving.runtimes
    modules = [
        import_module(f"{package.__name__}.{one.name}") for one in iter_modules(package.__path__)
    ]
    classes = [
        value for module in modules for value in vars(module).values() if isinstance(value, type)
    ]
    held = {
        kind.name for kind in classes if issubclass(kind, RuntimeContract) and hasattr(kind, "name")
    }
    assert held == set(RUNTIMES)


def test_code_of_an_author_runs_only_where_the_operator_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = make_package(tmp_path / "p", "linear")
    monkeypatch.setattr("serving.runtimes.onnx.OnnxRuntime.runs_code", True)
    with pytest.raises(RuntimeUnavailable, match="TIDEGATE_TRUSTED_RUNTIMES"):
        load_runtime(package, Resources())
    load_runtime(package, Resources(), frozenset({"onnx"})).close()
