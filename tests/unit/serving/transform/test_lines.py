from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.transform.lines import read_first_line, read_span, split_lines
from serving.transform.part import Part


def split(file: Path, rows: int, *, header: bool = True, quoted: bool = True) -> list[Part]:
    return list(split_lines((file,), rows, header=header, quoted=quoted))


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "in.csv"
    file.write_text(text)
    return file


def test_parts_hold_whole_records(tmp_path: Path) -> None:
    parts = split(write(tmp_path, "a,b\n1,2\n3,4\n5,6"), 2)
    assert [read_span(part) for part in parts] == [b"1,2\n3,4\n", b"5,6"]
    assert [(part.index, part.first_row, part.rows) for part in parts] == [(0, 0, 2), (1, 2, 1)]


def test_a_line_break_within_quotes_ends_no_record(tmp_path: Path) -> None:
    parts = split(write(tmp_path, 'a\n"x\ny"\n"say ""z"""\n'), 1)
    assert [read_span(part) for part in parts] == [b'"x\ny"\n', b'"say ""z"""\n']


def test_quotes_that_never_close_lose_nothing(tmp_path: Path) -> None:
    parts = split(write(tmp_path, 'a\n1\n"x\ny\n'), 1)
    assert [read_span(part) for part in parts] == [b"1\n", b'"x\ny\n']


def test_empty_lines_are_no_records(tmp_path: Path) -> None:
    parts = split(write(tmp_path, "\n1\n\n2\n\n"), 1, header=False)
    assert [part.rows for part in parts] == [1, 1]


@pytest.mark.parametrize("text", ["", "a,b", "a,b\n"])
def test_a_file_without_records_has_no_parts(tmp_path: Path, text: str) -> None:
    assert split(write(tmp_path, text), 1) == []


def test_rows_are_counted_over_all_files(tmp_path: Path) -> None:
    files = (write(tmp_path, "a\n1\n2\n"), tmp_path / "b.csv")
    files[1].write_text("a\n3\n")
    parts = list(split_lines(files, 10, header=True, quoted=True))
    assert [(part.index, part.first_row) for part in parts] == [(0, 0), (1, 2)]
    assert read_first_line(parts[1].file) == b"a\n"


@given(
    st.lists(st.sampled_from(["1,2", '"a\nb",c', "", '"q""q",x']), max_size=12), st.integers(1, 5)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_byte_of_a_record_is_lost(tmp_path: Path, lines: list[str], rows: int) -> None:
    file = write(tmp_path, "\n".join(["h1,h2", *lines]) + "\n")
    parts = split(file, rows)
    kept = b"".join(read_span(part) for part in parts).decode()
    assert [one for one in kept.split("\n") if one] == [
        one for line in lines for one in line.split("\n") if one
    ]
    assert sum(part.rows for part in parts) == sum(bool(line) for line in lines)
