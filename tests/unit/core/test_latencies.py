import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.latencies import BOUNDS_S, Latencies, find_bucket, trim

SECONDS = st.lists(st.floats(0.0003, 50.0), min_size=1, max_size=60)


@given(SECONDS, SECONDS)
def test_two_histograms_add_up_to_that_of_all(one: list[float], other: list[float]) -> None:
    assert Latencies.of(one) + Latencies.of(other) == Latencies.of(one + other)


@given(SECONDS, st.floats(0.01, 1.0))
def test_a_quantile_is_right_to_within_a_fifth(seconds: list[float], share: float) -> None:
    found = Latencies.of(seconds).quantile(share)
    exact = float(np.quantile(seconds, share, method="inverted_cdf"))
    assert found is not None
    assert exact / 1.21 <= found <= exact * 1.21


def test_of_nothing_there_is_no_quantile() -> None:
    assert Latencies().quantile(0.5) is None
    assert Latencies().total == 0


def test_what_is_longer_than_all_bounds_is_the_last_bound() -> None:
    assert Latencies.of([1e6]).quantile(0.99) == pytest.approx(BOUNDS_S[-1])
    assert find_bucket(1e6) == len(BOUNDS_S)


def test_trailing_zeros_are_not_written() -> None:
    assert trim([0, 2, 0, 0]) == (0, 2)
    assert trim([0]) == ()
