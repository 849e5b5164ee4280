from typing import Any

import pytest

from core.dtypes import DataType
from core.ensemble import EnsembleSpec, EnsembleTensor
from core.errors import InvalidSpec

STEP = {"name": "s", "model": "m:1", "inputs": {"x": "a"}, "outputs": {"y": "b"}}
DOCUMENT: dict[str, Any] = {"inputs": ["a"], "outputs": ["b"], "steps": [STEP]}


def test_a_tensor_may_be_its_name_alone() -> None:
    full = {"name": "b", "datatype": "FP32", "shape": [-1, 2]}
    spec = EnsembleSpec.read({**DOCUMENT, "outputs": [full]})
    assert spec.inputs == (EnsembleTensor(name="a"),)
    assert spec.outputs[0].datatype is DataType.FP32
    assert spec.outputs[0].shape == (-1, 2)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"steps": []}, "steps"),
        ({"inputs": []}, "inputs"),
        ({"inputs": [{"name": "a", "shape": [-2]}]}, r"inputs\.0\.shape\.0"),
        ({"steps": [{**STEP, "model": "m"}]}, r"steps\.0\.model"),
        ({"steps": [{**STEP, "name": "../s"}]}, r"steps\.0\.name"),
        ({"steps": [{**STEP, "outputs": {}}]}, r"steps\.0\.outputs"),
        ({"stages": []}, "stages"),
    ],
)
def test_a_fault_is_named(fields: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidSpec, match=place):
        EnsembleSpec.read({**DOCUMENT, **fields})
