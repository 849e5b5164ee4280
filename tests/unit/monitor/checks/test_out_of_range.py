import numpy as np
import pytest

from monitor.checks.out_of_range import OutOfRange
from tests.fakes.profiles import profile_of, values_of

BASELINE = [float(n) for n in range(1, 101)]


def test_both_sides_of_the_range_count() -> None:
    profile = profile_of(BASELINE)
    found = OutOfRange().examine(profile, values_of(profile, [0.0, 1, 50, 100, 101, None]))
    assert found is not None
    assert found.value == pytest.approx(2 / 5)


def test_categories_have_no_range() -> None:
    profile = profile_of(["a"] * 30)
    assert OutOfRange().examine(profile, values_of(profile, ["b"])) is None


def test_the_p_value_is_right_whatever_the_distribution() -> None:
    random = np.random.default_rng(3)
    chances = []
    for _ in range(400):
        profile = profile_of(random.lognormal(sigma=3, size=100).tolist())
        window = values_of(profile, random.lognormal(sigma=3, size=80).tolist())
        found = OutOfRange().examine(profile, window)
        assert found is not None
        chances.append(found.p_value)
    assert np.mean(np.array(chances) < 0.1) == pytest.approx(0.1, abs=0.05)
