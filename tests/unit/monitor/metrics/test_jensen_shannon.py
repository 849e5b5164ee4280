import numpy as np
import pytest

from monitor.metric import Kind
from monitor.metrics.jensen_shannon import JensenShannon
from tests.contracts.metric import make_pair


def test_the_formula_by_hand() -> None:
    # Shares (1/2, 1/2) and (1, 0): the mean is (3/4, 1/4), the divergence 0.311278 bits.
    pair = make_pair(Kind.CATEGORICAL, np.array(["a", "b"] * 20), np.array(["a"] * 40))
    assert JensenShannon().measure(pair).value == pytest.approx(0.311278**0.5, abs=1e-6)


def test_nothing_in_common_is_a_distance_of_one() -> None:
    pair = make_pair(Kind.CATEGORICAL, np.array(["a"] * 40), np.array(["b"] * 40))
    assert JensenShannon().measure(pair).value == pytest.approx(1)
