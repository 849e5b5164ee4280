from pathlib import Path

from tidegate.settings import Settings
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
