import pytest
import typer
from pydantic import BaseModel

from tidegate.cli.output import Progress, plain, print_facts, print_table, read_time, show_time


class Thing(BaseModel):
    name: str


def test_documents_become_plain_values() -> None:
    assert plain({"things": (Thing(name="a"),), "n": 1}) == {"things": [{"name": "a"}], "n": 1}


def test_times_are_utc_unless_they_say_otherwise() -> None:
    assert read_time("2026-01-01T00:00:00") == 1767225600
    assert read_time("2026-01-01T01:00:00+01:00") == 1767225600
    assert read_time(None) is None
    assert show_time(1767225600) == "2026-01-01 00:00:00"
    assert show_time(None) == ""


def test_a_time_that_is_none_is_wrong_usage() -> None:
    with pytest.raises(typer.BadParameter):
        read_time("tomorrow")


def test_facts_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts({"a": 1, "long": None})
    assert capsys.readouterr().out == "a     1\nlong  \n"


def test_a_row_of_a_table_that_is_piped_stays_on_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(("name", "reason"), [("a", "word " * 60), ("[b]", None)])
    lines = capsys.readouterr().out.splitlines()
    assert any(" a " in line and line.count("word") == 60 for line in lines)
    assert any("[b]" in line for line in lines)


def test_progress_is_told_when_it_is_another(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    for reason in ("loading", "loading", ""):
        progress.tell("iris:", "creating", reason)
    assert capsys.readouterr() == ("", "iris: creating loading\niris: creating\n")
