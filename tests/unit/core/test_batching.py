import pytest

from core.batching import Batching
from core.errors import InvalidSpec


def test_a_batch_waits_for_nobody_unless_asked() -> None:
    assert Batching().max_delay_ms == 0


@pytest.mark.parametrize("field", ["max_rows", "max_queue_rows"])
def test_a_limit_of_nothing_is_a_fault(field: str) -> None:
    with pytest.raises(InvalidSpec, match=field):
        Batching.read({field: 0})
