from pathlib import Path

import pytest

from tests.fakes.control import TOKEN
from tidegate.cli.platform import read_status


def test_a_home_where_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_HOME", str(tmp_path))
    (tmp_path / "admin.token").write_text(TOKEN)
    found = read_status()
    assert (found["running"], found["state"], found["endpoints"]) == (False, "stopped", {})
