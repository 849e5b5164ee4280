from pathlib import Path

import pytest
from pydantic import ValidationError

from tidegate.settings import Settings


def test_that_defaults_lie_in_the_home(tmp_path: Path) -> None:
    settings = Settings.from_environ({"TIDEGATE_HOME": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path}/platform.db"
    assert settings.capture_url == str(tmp_path / "capture")
    assert settings.run == tmp_path / "run"


def test_that_the_environment_round_trips(tmp_path: Path) -> None:
    given = {"TIDEGATE_HOME": str(tmp_path), "TIDEGATE_PUBLIC_PORT": "9999", "PATH": "/bin"}
    settings = Settings.from_environ(given)
    environ = settings.to_environ()
    assert Settings.from_environ(environ) == settings
    assert environ["TIDEGATE_PUBLIC_PORT"] == "9999"
    assert set(environ) == {f"TIDEGATE_{name.upper()}" for name in Settings.model_fields}


def test_that_an_empty_variable_means_the_default(tmp_path: Path) -> None:
    settings = Settings.from_environ({"TIDEGATE_HOME": str(tmp_path), "TIDEGATE_RAY_PORT": ""})
    assert settings.ray_port == 6380


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_that_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(ValidationError, match="control_port"):
        Settings.from_environ({"TIDEGATE_CONTROL_PORT": port})


def test_that_addresses_follow_hosts_and_ports() -> None:
    settings = Settings(public_host="0.0.0.0", public_port=1, control_port=2, ray_port=3)  # noqa: S104 - only text
    assert settings.public_url == "http://0.0.0.0:1"
    assert settings.control_url == "http://127.0.0.1:2"
    assert settings.ray_address == "127.0.0.1:3"
