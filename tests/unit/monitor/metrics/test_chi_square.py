import numpy as np
import pytest
from scipy.stats import chi2_contingency

from monitor.metric import Kind
from monitor.metrics.chi_square import ChiSquare
from tests.contracts.metric import make_pair


def names(**counts: int) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
    return np.repeat(list(counts), list(counts.values()))


def test_equal_sides_give_cramers_v() -> None:
    pair = make_pair(Kind.CATEGORICAL, names(a=60, b=40), names(a=40, b=60))
    expected = chi2_contingency([[60, 40], [40, 60]], correction=False)
    found = ChiSquare().measure(pair)
    assert found.value == pytest.approx((expected.statistic / 200) ** 0.5)
    assert found.p_value == pytest.approx(expected.pvalue)


def test_a_large_window_does_not_shrink_the_effect() -> None:
    small = make_pair(Kind.CATEGORICAL, names(a=60, b=40), names(a=40, b=60))
    large = make_pair(Kind.CATEGORICAL, names(a=60, b=40), names(a=40_000, b=60_000))
    values = [ChiSquare().measure(pair).value for pair in (small, large)]
    assert values[0] == pytest.approx(values[1])


def test_rare_categories_are_counted_together() -> None:
    together = make_pair(Kind.CATEGORICAL, names(a=80, rare=20), names(a=60, rare=40))
    apart = make_pair(
        Kind.CATEGORICAL,
        names(a=80, **{f"r{n}": 2 for n in range(10)}),
        names(a=60, **{f"r{n}": 4 for n in range(10)}),
    )
    assert ChiSquare().measure(apart) == ChiSquare().measure(together)


@pytest.mark.parametrize("rare", [{"x": 1}, {"x": 1, "y": 2}])
def test_what_is_too_rare_even_together_goes_to_the_rarest(rare: dict[str, int]) -> None:
    pair = make_pair(Kind.CATEGORICAL, names(a=60, b=40), names(a=60, b=40, **rare))
    expected = make_pair(
        Kind.CATEGORICAL, names(a=60, b=40), names(a=60, b=40 + sum(rare.values()))
    )
    assert ChiSquare().measure(pair) == ChiSquare().measure(expected)


def test_one_category_cannot_differ() -> None:
    found = ChiSquare().measure(make_pair(Kind.CATEGORICAL, names(a=60), names(a=6)))
    assert (found.value, found.p_value) == (0, 1)
