import pytest
from scipy.stats import fisher_exact

from monitor.checks.missing_values import MissingValues
from tests.fakes.profiles import profile_of, values_of

BASELINE = [*map(float, range(95)), *[None] * 5]


def test_growth_is_measured_and_tested() -> None:
    profile = profile_of(BASELINE)
    found = MissingValues().examine(profile, values_of(profile, [1.0] * 60 + [None] * 40))
    assert found is not None
    assert found.value == pytest.approx(0.35)
    expected = fisher_exact([[40, 60], [5, 95]], alternative="greater").pvalue
    assert found.p_value == pytest.approx(expected)


@pytest.mark.parametrize("missing", [0, 5])
def test_no_growth_is_no_fault(missing: int) -> None:
    profile = profile_of(BASELINE)
    window = values_of(profile, [1.0] * (100 - missing) + [None] * missing)
    found = MissingValues().examine(profile, window)
    assert found is not None
    assert (found.value, found.p_value) == (0, 1)


def test_a_value_that_is_no_number_is_missing() -> None:
    profile = profile_of(BASELINE)
    window = values_of(profile, [float("nan"), float("inf"), None, 1.0])
    assert (window.missing, window.rows, window.missing_share) == (3, 4, 0.75)
