import pytest

from core.dtypes import DataType
from core.errors import InvalidSpec
from core.sequences import Sequences
from core.signature import Signature, TensorSpec

NAMES = ("value", "total", "start")
SIGNATURE = Signature(
    tuple(TensorSpec(name, DataType.FP32, (-1, 1)) for name in NAMES),
    tuple(TensorSpec(name, DataType.FP32, (-1, 1)) for name in ("sum", "next")),
    batched=True,
)
STATE = {"input": "total", "output": "next"}


def test_callers_see_neither_states_nor_controls() -> None:
    seen = Sequences.read({"states": [STATE], "start_input": "start"}).hide(SIGNATURE)
    assert [spec.name for spec in seen.inputs] == ["value"]
    assert [spec.name for spec in seen.outputs] == ["sum"]
    assert seen.batched


@pytest.mark.parametrize(
    "document",
    [
        {"states": [{**STATE, "input": "nothing"}]},
        {"states": [{**STATE, "output": "nothing"}]},
        {"id_input": "nothing"},
    ],
)
def test_what_the_model_does_not_have_is_named(document: dict[str, object]) -> None:
    with pytest.raises(InvalidSpec, match="nothing"):
        Sequences.read(document).hide(SIGNATURE)
