"""All commands: their options, their page, their errors, and how soon they are there."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from core.release import RELEASE
from tests.fakes.command import tell
from tests.fakes.control import TOKEN
from tests.house.source import DOCS
from tidegate.cli import app as command
from tidegate.supervisor.port import choose_port


def leaves(group: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, found in group.commands.items():
        if hasattr(found, "commands"):
            yield from leaves(found, *path, name)
        else:
            yield (*path, name), found


COMMANDS = dict(leaves(get_command(command.app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_writes_json_and_has_its_row(path: tuple[str, ...]) -> None:
    options = [option for parameter in COMMANDS[path].params for option in parameter.opts]
    assert "--json" in options
    assert COMMANDS[path].help
    assert f"`tidegate {' '.join(path)}" in (DOCS / "cli.md").read_text()


def test_no_row_for_a_command_or_option_that_is_gone() -> None:
    for row in re.findall(r"^\| `tidegate (.*)$", (DOCS / "cli.md").read_text(), re.MULTILINE):
        words = re.split(r"[ `]", row)
        path = next(tuple(words[:size]) for size in (2, 1) if tuple(words[:size]) in COMMANDS)
        known = {option for parameter in COMMANDS[path].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", row)) <= known, path


def test_the_release_is_told() -> None:
    assert tell("--version") == f"tidegate {RELEASE}\n"


@pytest.mark.parametrize(
    ("home", "code", "says"),
    [("empty", 3, "tidegate up"), ("full", 3, "tidegate status")],
)
def test_an_error_is_one_line_and_what_to_do(
    tmp_path: Path, home: str, code: int, says: str
) -> None:
    folder = tmp_path / home
    folder.mkdir()
    if home == "full":
        (folder / "admin.token").write_text(TOKEN)
    port = str(choose_port("127.0.0.1"))
    environ = {"TIDEGATE_HOME": str(folder), "TIDEGATE_PRIVATE_PORT": port, "PATH": ""}
    ran = subprocess.run(
        [sys.executable, "-c", "from tidegate.cli import main; main()", "models", "list", "--json"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code
    assert ran.stderr.startswith("error: ")
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""


def test_help_loads_nothing_heavy() -> None:
    heavy = {"ray", "mlflow", "onnx", "fastapi", "httpx", "pyarrow"}
    program = f"import sys; from tidegate.cli import app; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
