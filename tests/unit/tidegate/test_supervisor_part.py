from pathlib import Path

from capture.tap import CLOSE_S
from gateway.__main__ import DRAIN_S
from tidegate.settings import Settings
from tidegate.supervisor.launch import STOP_S
from tidegate.supervisor.part import environ_of, list_parts


def test_that_the_control_process_rests_on_ray() -> None:
    parts = {part.name: part for part in list_parts(Settings())}
    assert list(parts) == ["ray", "control", "gateway"]
    assert parts["control"].after == ("ray",)
    assert parts["gateway"].after == ()
    assert parts["gateway"].command()[1:] == ("-P", "-m", "gateway")


def test_that_processes_get_every_setting_resolved(tmp_path: Path) -> None:
    inherited = {"PATH": "/bin", "RAY_ADDRESS": "elsewhere:1", "TIDEGATE_HOME": "here"}
    environ = environ_of(Settings(home=tmp_path), inherited)
    assert environ["TIDEGATE_HOME"] == str(tmp_path)
    assert environ["TIDEGATE_DATABASE_URL"] == f"sqlite:///{tmp_path}/platform.db"
    assert environ["PATH"] == "/bin"
    assert "RAY_ADDRESS" not in environ


def test_that_the_gateway_has_time_to_drain_and_to_write() -> None:
    graces = {part.name: part.grace_s for part in list_parts(Settings())}
    assert graces["gateway"] >= DRAIN_S + CLOSE_S + 10
    assert sum(graces.values()) + 10 <= STOP_S


def test_that_ray_is_not_taken_for_hung() -> None:
    asked = {part.name for part in list_parts(Settings()) if part.answers is not None}
    assert asked == {"control", "gateway"}
