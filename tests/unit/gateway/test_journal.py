import json
from pathlib import Path

import pytest

from gateway.journal import Journal, Line


def make_line(path: bytes = b"/v2", status: int = 200) -> Line:
    return (0.0, "public", "r", "i", "", "GET", path, "", "a", "ann", status, 0.0015, 1, 2, "")


def test_lines_are_written_as_json(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "access.jsonl"
    journal = Journal(str(file))
    journal.flush()
    journal.write(make_line(b"/v2", 200))
    journal.write(make_line(b'a"b', 404))
    journal.flush()
    assert [json.loads(line)["status"] for line in file.read_text().splitlines()] == [200, 404]


def test_a_file_that_cannot_be_written_costs_its_lines_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(str(tmp_path / "file" / "access.jsonl"))
    journal.write(make_line())
    journal.flush()
    assert journal.dropped == 1


def test_standard_output_will_do(capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal("-")
    journal.write(make_line())
    journal.flush()
    line = json.loads(capsys.readouterr().out)
    assert (line["time"], line["ms"]) == ("1970-01-01T00:00:00+00:00", 1.5)
