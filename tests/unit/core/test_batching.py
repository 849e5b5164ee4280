import pytest

from core.batching import Batching
from core.errors import InvalidSpec


def test_a_batch_waits_for_nobody_unless_asked() -> None:
    assert Batching().max_delay_ms == 0


@pytest.mark.parametrize("field", ["max_rows", "max_queue_rows"])
def test_a_limit_of_nothing_is_a_fault(field: str) -> None:
    with pytest.raises(InvalidSpec, match=field):
        Batching.read({field: 0})


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"default_priority": 2}, "default_priority"),
        ({"max_rows": 4, "preferred_rows": [8]}, "preferred_rows"),
        ({"padding": [{"input": "x", "lengths": [8, 4]}]}, "lengths"),
    ],
)
def test_what_does_not_fit_together_is_a_fault(asked: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidSpec, match=says):
        Batching.read(asked)


def test_levels_are_bounded() -> None:
    limits = Batching(priority_levels=3, default_priority=2)
    assert [limits.level(asked) for asked in (0, 1, 3, 99)] == [2, 1, 3, 3]


def test_the_largest_preferred_size_that_fills_is_cut() -> None:
    limits = Batching(max_rows=16, preferred_rows=(4, 8))
    assert [limits.cut(rows) for rows in (3, 4, 9, 100)] == [16, 4, 8, 8]
