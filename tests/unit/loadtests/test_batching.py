import pytest

from loadtests.batching import Round, choose_batch, describe, middle_round
from loadtests.statistics import Counted


def make_round(rate: float, loop_rate: float = 1000, failures: int = 0) -> Round:
    return Round(rate=rate, batch=32, model_rate=950, loop_rate=loop_rate, failures=failures)


def test_efficiency_is_how_busy_the_model_is_times_how_fast_it_runs() -> None:
    one = make_round(800)
    assert one.efficiency == pytest.approx(0.8)
    assert one.busy * one.speed == pytest.approx(one.efficiency)


def test_the_loop_runs_the_nearest_whole_batch() -> None:
    assert choose_batch(Counted(rows=319, runs=10, model_s=1.0)) == 32
    assert choose_batch(Counted(rows=0, runs=0, model_s=0.0)) == 1


def test_the_middle_round_is_one_that_was_and_keeps_all_failures() -> None:
    # The machine was twice as fast in the second round, for the loop too.
    rounds = [make_round(700, failures=1), make_round(1600, 2000), make_round(990, 1100, 2)]
    assert middle_round(rounds) == make_round(1600, 2000, failures=3)
    assert middle_round(rounds[:2]) == make_round(700, failures=1)


def test_a_round_is_told_in_one_line() -> None:
    assert describe(make_round(800)).startswith(
        "replica 800 rows/s in batches of 32.0, loop 1,000: 80%"
    )
