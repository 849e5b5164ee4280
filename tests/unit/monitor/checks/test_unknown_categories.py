import numpy as np
import pytest

from monitor.checks.unknown_categories import UnknownCategories
from tests.fakes.profiles import profile_of, values_of


def test_values_that_the_baseline_lacks_are_counted() -> None:
    profile = profile_of(["a", "b"] * 50)
    found = UnknownCategories().examine(profile, values_of(profile, ["a"] * 30 + ["new"] * 10))
    assert found is not None
    assert found.value == pytest.approx(0.25)
    assert found.p_value < 1e-4


def test_numbers_have_no_categories() -> None:
    profile = profile_of([float(n) for n in range(100)])
    assert UnknownCategories().examine(profile, values_of(profile, [1e9])) is None


def test_whole_numbers_of_any_type_are_one_category() -> None:
    profile = profile_of([1, 2] * 50)
    found = UnknownCategories().examine(profile, values_of(profile, [1.0, 2.0] * 20))
    assert found is not None
    assert found.value == 0


def test_a_long_tail_is_no_fault() -> None:
    random = np.random.default_rng(2)
    alarms = 0
    for _ in range(100):
        baseline, window = (random.zipf(1.6, rows).astype(str).tolist() for rows in (300, 600))
        profile = profile_of(baseline, categorical=("x",))
        found = UnknownCategories().examine(profile, values_of(profile, window))
        alarms += found is not None and found.p_value < 0.05
    assert alarms <= 5


def test_a_new_category_in_a_large_window_may_be_chance() -> None:
    profile = profile_of(["a", "b"] * 50)
    window = ["a"] * 9995 + ["rare"] * 5
    found = UnknownCategories().examine(profile, values_of(profile, window))
    assert found is not None
    assert found.p_value > 0.5
