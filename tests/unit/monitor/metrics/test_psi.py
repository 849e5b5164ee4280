import math

import numpy as np
import pytest

from monitor.metric import Kind
from monitor.metrics.psi import PopulationStabilityIndex
from tests.contracts.metric import make_pair


def test_the_formula_by_hand() -> None:
    baseline, window = np.array(["a"] * 50 + ["b"] * 50), np.array(["a"] * 80 + ["b"] * 20)
    b, w = (50.5 / 101, 50.5 / 101), (80.5 / 101, 20.5 / 101)
    by_hand = sum((now - was) * math.log(now / was) for was, now in zip(b, w, strict=True))
    found = PopulationStabilityIndex().measure(make_pair(Kind.CATEGORICAL, baseline, window))
    assert found.value == pytest.approx(by_hand)


def test_an_empty_bin_is_finite() -> None:
    pair = make_pair(Kind.CATEGORICAL, np.array(["a"] * 40), np.array(["b"] * 40))
    found = PopulationStabilityIndex().measure(pair)
    assert 5 < found.value < 20
