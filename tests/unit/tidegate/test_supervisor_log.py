import os
from pathlib import Path

from tidegate.supervisor.log import ROTATE_BYTES, open_log, read_tail


def append(file: Path, text: bytes) -> None:
    descriptor = open_log(file)
    os.write(descriptor, text)
    os.close(descriptor)


def test_that_a_log_goes_on_where_it_was(tmp_path: Path) -> None:
    file = tmp_path / "ray.log"
    append(file, b"a\n")
    append(file, b"b\n")
    assert file.read_text() == "a\nb\n"
    assert file.stat().st_mode & 0o777 == 0o600


def test_that_a_large_log_makes_way_once(tmp_path: Path) -> None:
    file = tmp_path / "ray.log"
    for _ in range(2):
        with file.open("wb") as opened:
            opened.truncate(ROTATE_BYTES + 1)
        append(file, b"new\n")
    assert file.read_text() == "new\n"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["ray.log", "ray.log.1"]


def test_that_the_tail_is_the_last_lines(tmp_path: Path) -> None:
    file = tmp_path / "ray.log"
    file.write_text("".join(f"{number}\n" for number in range(100_000)))
    assert read_tail(file, 2) == "99998\n99999"
    assert read_tail(tmp_path / "none.log") == ""
