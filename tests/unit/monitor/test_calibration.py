import numpy as np
import pytest

from monitor.calibration import Case, Rows, calibrate, find_cases, write_table


def draw(random: np.random.Generator) -> tuple[Rows, Rows]:
    baseline, window = (
        {f"f{index}": random.normal(size=rows) for index in range(4)} for rows in (300, 150)
    )
    return baseline, window


def test_rates_are_shares_of_runs() -> None:
    rates = calibrate(Case("made", draw), 5, (0.0, 2.0))
    assert rates.false_alarms <= 0.2
    assert (rates.power[0.0], rates.power[2.0]) == (0, 1)


def test_every_case_draws_two_samples_of_the_same_columns() -> None:
    for case in find_cases():
        baseline, window = case.draw(np.random.default_rng(1))
        assert set(baseline) == set(window)


def test_the_table_is_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.calibration.find_cases", lambda: [Case("made", draw)])
    write_table(2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[2].startswith("| made | ")
