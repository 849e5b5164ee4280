import pytest

from capture.cost import make_records, measure, write_table


def test_records_are_of_one_row() -> None:
    record = make_records(2)[1]
    assert (record.rows, record.request[0].shape) == (1, (1, 30))


def test_every_step_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(measure(100)) >= {"offer", "encode and write"}
    write_table(100)
    assert "| offer | " in capsys.readouterr().out
