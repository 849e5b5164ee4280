import socket
import sys
from pathlib import Path

import pytest

from core.errors import Conflict, Unavailable
from tidegate.settings import Settings
from tidegate.supervisor.launch import start, stop
from tidegate.supervisor.port import choose_port
from tidegate.supervisor.process import spawn
from tidegate.supervisor.state import Child, State, hold, read_remains, write_state


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    names = (
        "public_port",
        "private_port",
        "public_grpc_port",
        "private_grpc_port",
        "control_port",
        "ray_port",
        "ray_dashboard_port",
    )
    ports = {name: choose_port("127.0.0.1") for name in names}
    (tmp_path / "run").mkdir()
    return Settings.model_validate({"home": tmp_path, **ports})


def test_that_nothing_is_stopped_where_nothing_runs(settings: Settings) -> None:
    said: list[str] = []
    assert not stop(settings, said.append)
    assert said == []


def test_that_a_running_platform_is_not_started_again(settings: Settings) -> None:
    with hold(settings), pytest.raises(Conflict, match="`tidegate down` stops it"):
        start(settings, {}, print)


def test_that_a_taken_port_stops_the_start(settings: Settings) -> None:
    taken = socket.create_server(("127.0.0.1", settings.private_port))
    with taken, pytest.raises(Unavailable, match="TIDEGATE_PRIVATE_PORT"):
        start(settings, {}, print)
    assert read_remains(settings) is None


def test_that_what_a_killed_supervisor_left_is_stopped(settings: Settings) -> None:
    program = (sys.executable, "-c", "import time; time.sleep(60)")
    orphan = spawn(program, {}, settings.run, settings.run / "orphan.log")
    dead = Child(orphan.child.pid, 0.0)
    write_state(settings, State(dead, 0, {"ray": orphan.child}, (), (), (), {}))
    assert stop(settings, print)
    assert not orphan.is_alive()
    assert read_remains(settings) is None


def test_that_a_supervisor_that_ends_is_told_with_its_log(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (sys.executable, "-c", "raise SystemExit('no such cluster')")
    monkeypatch.setattr("tidegate.supervisor.launch.COMMAND", program)
    with pytest.raises(Unavailable, match=r"(?s)it ended.*no such cluster"):
        start(settings, {}, print)
