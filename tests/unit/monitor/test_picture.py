import pytest

from monitor.picture import BARS, MAX_NAMES, OTHERS, draw, summarise
from tests.fakes.profiles import Cells, profile_of, values_of

NUMBERS = [float(n) for n in range(100)]


def test_both_sides_are_shares_of_the_same_bins() -> None:
    profile = profile_of(NUMBERS)
    drawn = draw(profile, values_of(profile, [50.0] * 7))
    assert len(drawn.edges) == BARS + 1
    assert (len(drawn.baseline), max(drawn.window)) == (BARS, 1)
    assert sum(drawn.baseline) == pytest.approx(1)


def test_an_outlier_does_not_squash_the_picture() -> None:
    profile = profile_of(NUMBERS * 10)
    drawn = draw(profile, values_of(profile, [*NUMBERS * 10, 1e12]))
    assert drawn.edges[-1] < 101
    assert sum(drawn.window) == pytest.approx(1)


def test_a_constant_has_a_picture() -> None:
    profile = profile_of([5.0] * 9)
    drawn = draw(profile, values_of(profile, [5.0]))
    assert (drawn.edges[0], drawn.edges[-1]) == (4.5, 5.5)


def test_many_categories_are_cut_short() -> None:
    profile = profile_of([f"n{n:02d}" for n in range(30)] * 2 + ["top"] * 9)
    drawn = draw(profile, values_of(profile, ["new"]))
    assert len(drawn.names) == MAX_NAMES
    assert drawn.names[:2] == ("new", "top")
    assert drawn.names[-1] == OTHERS
    assert sum(drawn.baseline) == pytest.approx(1)


@pytest.mark.parametrize("window", [[], [None]])
def test_nothing_to_draw_is_an_empty_picture(window: Cells) -> None:
    profile = profile_of(["a"])
    assert draw(profile, values_of(profile, [*window])).names == ()


def test_numbers_are_summarised_without_what_is_missing() -> None:
    summary = summarise(profile_of([1.0, 2.0, 6.0, None]).values)
    assert (summary.rows, summary.missing, summary.mean, summary.median) == (4, 1, 3, 2)
    assert (summary.low, summary.high) == (1, 6)
    assert summarise(profile_of(["a", None]).values).mean is None
