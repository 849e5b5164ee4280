import numpy as np
import pytest

from monitor.metric import Kind
from monitor.metrics.kolmogorov_smirnov import KolmogorovSmirnov
from tests.contracts.metric import make_pair


def test_the_largest_distance_of_the_distribution_functions() -> None:
    # At 2 the baseline has 2 of 4 values behind it, the window 3 of 4; at 4: 4 of 4 against 3 of 4.
    pair = make_pair(Kind.NUMERIC, np.array([1.0, 2, 3, 4]), np.array([0.0, 1, 2, 5]))
    assert KolmogorovSmirnov().measure(pair).value == pytest.approx(0.25)


def test_separate_samples_are_as_far_apart_as_can_be() -> None:
    found = KolmogorovSmirnov().measure(
        make_pair(Kind.NUMERIC, np.arange(50.0), np.arange(100.0, 150))
    )
    assert found.value == 1
    assert found.p_value < 1e-12
