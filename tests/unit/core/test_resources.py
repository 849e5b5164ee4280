import pytest

from core.errors import InvalidSpec
from core.resources import Resources


def test_a_replica_takes_little_unless_asked() -> None:
    assert Resources().num_gpus == 0
    assert Resources().device == "auto"


@pytest.mark.parametrize("field", ["num_cpus", "num_gpus", "intra_op_num_threads"])
def test_nothing_below_zero_can_be_asked_for(field: str) -> None:
    with pytest.raises(InvalidSpec, match=field):
        Resources.read({field: -1})
