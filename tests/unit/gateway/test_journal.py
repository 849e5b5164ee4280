import json
from pathlib import Path

import pytest

from gateway.journal import Journal


def test_lines_are_written_as_json(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "access.jsonl"
    journal = Journal(str(file))
    journal.flush()
    journal.write({"path": "/v2", "status": 200})
    journal.write({"path": 'a"b', "status": 404})
    journal.flush()
    assert [json.loads(line)["status"] for line in file.read_text().splitlines()] == [200, 404]


def test_a_file_that_cannot_be_written_costs_its_lines_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(str(tmp_path / "file" / "access.jsonl"))
    journal.write({"status": 200})
    journal.flush()
    assert journal.dropped == 1


def test_standard_output_will_do(capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal("-")
    journal.write({"status": 200})
    journal.flush()
    assert json.loads(capsys.readouterr().out) == {"status": 200}
