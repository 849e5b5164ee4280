from serving.runtime import RUNTIMES
from tests.contracts.runtime import RuntimeContract
from tests.unit.serving.runtimes import test_onnx


def test_every_runtime_holds_to_the_contract() -> None:
    classes = [value for value in vars(test_onnx).values() if isinstance(value, type)]
    held = {
        kind.name for kind in classes if issubclass(kind, RuntimeContract) and hasattr(kind, "name")
    }
    assert held == set(RUNTIMES)
