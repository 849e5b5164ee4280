from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.command import serve
from tests.fakes.control import TOKEN, FakeControl


@pytest.fixture
def control(tmp_path: Path) -> FakeControl:
    """A control process on a fresh home, without a cluster."""
    return FakeControl(tmp_path)


@pytest.fixture
def served(control: FakeControl, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeControl]:
    """The same, on a socket, where this process's commands find it."""
    (control.home / "admin.token").write_text(TOKEN)
    monkeypatch.setenv("TIDEGATE_HOME", str(control.home))
    with serve(control) as port:
        monkeypatch.setenv("TIDEGATE_PRIVATE_PORT", str(port))
        yield control
