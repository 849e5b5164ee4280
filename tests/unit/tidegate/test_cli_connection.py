from pathlib import Path

import pytest
import typer

from core.errors import Unavailable
from tidegate.cli.connection import connect, read_pairs, read_spec


def test_without_a_token_there_is_no_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEGATE_HOME", str(tmp_path))
    with pytest.raises(Unavailable, match="tidegate up"):
        connect()


def test_pairs_are_read_as_values() -> None:
    assert read_pairs(["a=1", "b=x", "c=[1, 2]", "d=true", "e=a=b"]) == {
        "a": 1,
        "b": "x",
        "c": [1, 2],
        "d": True,
        "e": "a=b",
    }
    with pytest.raises(typer.BadParameter, match="name=value"):
        read_pairs(["a"])


def test_a_spec_that_cannot_be_read_is_wrong_usage(tmp_path: Path) -> None:
    broken = tmp_path / "spec.yaml"
    broken.write_text("a: [")
    for file in (broken, tmp_path / "none.yaml"):
        with pytest.raises(typer.BadParameter, match="cannot read"):
            read_spec(file)
