import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.correction import correct


def test_holms_steps_by_hand() -> None:
    # Sorted 0.01, 0.03, 0.04 times 3, 2, 1: 0.03, 0.06, 0.04, and none below the one before.
    assert correct([0.04, 0.01, 0.03]) == pytest.approx((0.06, 0.03, 0.06))


@given(st.lists(st.floats(0, 1), max_size=30))
def test_corrected_values_keep_their_order_and_only_grow(p_values: list[float]) -> None:
    adjusted = correct(p_values)
    assert all(before <= after <= 1 for before, after in zip(p_values, adjusted, strict=True))
    ordered = [after for _, after in sorted(zip(p_values, adjusted, strict=True))]
    assert ordered == sorted(ordered)
