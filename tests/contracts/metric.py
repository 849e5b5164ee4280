"""What every drift metric must hold to."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.tensor import Array
from monitor.baseline import Profile, profile_sample, read_values
from monitor.metric import Kind, Metric, Pair
from monitor.selection import FeatureChoice

NUMBERS = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0]), min_size=1, max_size=60).map(
    np.array
)
NAMES = st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=60).map(np.array)


def make_pair(kind: Kind, baseline: Array, window: Array) -> Pair:
    """The pair of two samples, counted as a monitor counts them."""
    choice = FeatureChoice(**{kind.value: ("x",)})
    profile: Profile = profile_sample("x", pa.chunked_array([pa.array(baseline)]), choice)
    return profile.pair(read_values(pa.chunked_array([pa.array(window)]), kind))


def draw_shifted(kind: Kind, shift: float) -> Array:
    """The same 400 draws each time, moved by `shift` (in deviations, or in share of a category)."""
    random = np.random.default_rng(5)
    if kind is Kind.NUMERIC:
        moved: Array = random.normal(size=400) + shift
        return moved
    return np.where(random.random(400) < 0.2 + shift / 4, "a", "b")


class MetricContract:
    """Subclass with a fixture `metric`, and `kind` over the kinds that it can measure."""

    def test_equal_samples_do_not_differ(self, metric: Metric, kind: Kind) -> None:
        sample = draw_shifted(kind, 0)
        found = metric.measure(make_pair(kind, sample, sample))
        assert found.value == pytest.approx(0, abs=1e-6)
        assert found.p_value == pytest.approx(1, abs=1e-6)

    def test_order_does_not_count(self, metric: Metric, kind: Kind) -> None:
        baseline, window = draw_shifted(kind, 0), draw_shifted(kind, 1)
        turned = metric.measure(make_pair(kind, baseline[::-1], np.sort(window)))
        assert turned == metric.measure(make_pair(kind, baseline, window))

    def test_a_growing_shift_does_not_look_smaller(self, metric: Metric, kind: Kind) -> None:
        baseline = draw_shifted(kind, 0)
        shifts = (0, 0.25, 0.5, 1, 1.5, 2, 3)
        windows = [draw_shifted(kind, shift) for shift in shifts]
        sizes = [metric.measure(make_pair(kind, baseline, window)).value for window in windows]
        assert sizes == sorted(sizes)
        assert sizes[4] > metric.threshold

    def test_a_sure_shift_has_a_small_p_value(self, metric: Metric, kind: Kind) -> None:
        pair = make_pair(kind, draw_shifted(kind, 0), draw_shifted(kind, 2))
        assert metric.measure(pair).p_value < 1e-6

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # metrics keep nothing
    @given(data=st.data())
    def test_every_value_is_finite(self, metric: Metric, kind: Kind, data: st.DataObject) -> None:
        side = NUMBERS if kind is Kind.NUMERIC else NAMES
        found = metric.measure(make_pair(kind, data.draw(side), data.draw(side)))
        assert math.isfinite(found.value)
        assert found.value >= 0
        assert 0 <= found.p_value <= 1

    @pytest.mark.parametrize("other", ["same", "different"])
    def test_constant_columns_have_a_value(self, metric: Metric, kind: Kind, other: str) -> None:
        baseline = np.full(50, 1.0) if kind is Kind.NUMERIC else np.full(50, "a")
        moved = np.full(50, 2.0) if kind is Kind.NUMERIC else np.full(50, "b")
        found = metric.measure(make_pair(kind, baseline, baseline if other == "same" else moved))
        assert (found.value > metric.threshold) == (other == "different")

    def test_false_alarms_are_as_rare_as_the_p_value_says(self, metric: Metric, kind: Kind) -> None:
        random = np.random.default_rng(11)
        alarms = 0
        for _ in range(200):
            sides = [random.normal(size=rows) for rows in (300, 120)]
            if kind is Kind.CATEGORICAL:
                sides = [np.digitize(side, [-1.0, 0.5, 2.0]).astype(str) for side in sides]
            alarms += metric.measure(make_pair(kind, *sides)).p_value < 0.05
        assert alarms <= 20
