import numpy as np
import pyarrow as pa
import pytest

from monitor.baseline import BINS, infer_kind, read_values
from monitor.metric import Kind
from monitor.selection import FeatureChoice
from tests.fakes.profiles import Cells, profile_of, values_of


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([float(n) for n in range(100)], Kind.NUMERIC),
        ([0.0, 1.0] * 50, Kind.CATEGORICAL),
        ([0, 1, 2] * 50, Kind.CATEGORICAL),
        ([0.0, 1.0] * 4, Kind.NUMERIC),
        (["a"] * 5, Kind.CATEGORICAL),
        ([True, False] * 5, Kind.CATEGORICAL),
        ([None] * 5, Kind.CATEGORICAL),
    ],
)
def test_the_values_suggest_the_kind(cells: Cells, kind: Kind) -> None:
    assert infer_kind("x", pa.chunked_array([pa.array(cells)]), FeatureChoice()) is kind


def test_people_overrule_the_suggestion() -> None:
    assert profile_of([0.0, 1.0] * 50, numeric=("x",)).kind is Kind.NUMERIC
    assert profile_of([float(n) for n in range(100)], categorical=("x",)).kind is Kind.CATEGORICAL


def test_bins_hold_about_equal_counts() -> None:
    values = np.random.default_rng(1).lognormal(size=1000).tolist()
    profile = profile_of(values)
    pair = profile.pair(values_of(profile, values))
    assert len(pair.baseline_counts) == BINS
    assert set(pair.baseline_counts.tolist()) == {100}


def test_numbers_beyond_the_edges_count_in_the_outer_bins() -> None:
    profile = profile_of([float(n) for n in range(100)])
    counts = profile.pair(values_of(profile, [-1e9, 1e9])).window_counts
    assert (counts[0], counts[-1], counts.sum()) == (1, 1, 2)


def test_both_sides_count_the_categories_of_either() -> None:
    profile = profile_of(["b", "a", "b"])
    pair = profile.pair(values_of(profile, ["c", "b"]))
    assert pair.baseline_counts.tolist() == [1, 2, 0]
    assert pair.window_counts.tolist() == [0, 1, 1]


def test_the_empty_text_is_missing() -> None:
    column = pa.chunked_array([pa.array(["a", "", None])])
    values = read_values(column, Kind.CATEGORICAL)
    assert (values.present.tolist(), values.missing) == (["a"], 2)


def test_chunks_of_categories_are_one_column() -> None:
    column = pa.chunked_array([pa.array(["b", "a"]), pa.array(["c", "a"])])
    assert read_values(column, Kind.CATEGORICAL).present.tolist() == ["b", "a", "c", "a"]


@pytest.mark.parametrize("kind", list(Kind))
def test_an_empty_column_has_no_values(kind: Kind) -> None:
    values = read_values(pa.chunked_array([pa.array([], pa.float32())]), kind)
    assert (values.rows, values.missing_share) == (0, 0)


def test_limits_are_of_numbers_only() -> None:
    assert profile_of([float(n) for n in range(100)]).limits == (0, 99)
    assert profile_of(["a"]).limits is None
