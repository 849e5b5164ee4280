import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.control import TOKEN, FakeControl
from tidegate.cli.standing import read_standing
from tidegate.settings import read_settings
from tidegate.supervisor.process import identify
from tidegate.supervisor.state import Child, State, hold, urls_of, write_state


def write(children: dict[str, Child], failing: tuple[str, ...] = ()) -> None:
    settings = read_settings()
    settings.run.mkdir(exist_ok=True)
    gone = Child(1, 0.0)
    write_state(settings, State(gone, 0.0, children, (), (), failing, urls_of(settings)))


@pytest.fixture
def running(served: FakeControl) -> Iterator[FakeControl]:
    """A home whose lock is held, with the control API on its port."""
    write({})
    with hold(read_settings()):
        yield served


def test_a_home_where_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_HOME", str(tmp_path))
    found = read_standing()
    assert (found.running, found.state, found.home) == (False, "stopped", str(tmp_path))


def test_a_platform_that_is_well(running: FakeControl) -> None:
    found = read_standing()
    assert (found.running, found.state, found.trouble) == (True, "ok", {})


def test_a_loop_that_fails_is_trouble(running: FakeControl) -> None:
    running.trouble = OSError("no such cluster")
    running.loop.turn()
    found = read_standing()
    assert (found.state, "no such cluster" in found.trouble["reconciler"]) == ("degraded", True)


def test_processes_that_a_killed_supervisor_left_are_told_of(served: FakeControl) -> None:
    write({"control": identify(os.getpid()), "ray": Child(1, 0.0)})
    found = read_standing()
    assert (found.running, found.state) == (True, "unsupervised")
    assert found.trouble["supervisor"].startswith("has ended, and control still run")


def test_what_a_past_platform_wrote_does_not_run(served: FakeControl) -> None:
    write({"control": Child(1, 0.0)})
    assert not read_standing().running


def test_a_process_that_hangs_is_named_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEGATE_HOME", str(tmp_path))
    monkeypatch.setattr("tidegate.cli.standing.TIMEOUT_S", 0.1)
    monkeypatch.setattr("tidegate.supervisor.probe.PATIENT_S", 0.1)
    (tmp_path / "admin.token").write_text(TOKEN)
    write({})
    # The kernel takes the connection of a stopped process, and nothing comes.
    with hold(read_settings()), socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        for name in ("PRIVATE", "CONTROL"):
            monkeypatch.setenv(f"TIDEGATE_{name}_PORT", port)
        found = read_standing()
    assert found.state == "degraded"
    assert set(found.trouble) == {"gateway", "control"}
