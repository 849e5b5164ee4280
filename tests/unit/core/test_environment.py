from pathlib import Path

import pytest
from pydantic import ValidationError

from core.environment import Environment


def test_defaults_follow_the_home() -> None:
    settings = Environment.from_environ({"TIDEGATE_HOME": "/data/gate", "OTHER": "x"})
    assert settings.home == Path("/data/gate")
    assert settings.database_url == "sqlite:////data/gate/platform.db"
    assert settings.capture_url == "/data/gate/capture"


def test_what_is_set_wins_and_what_is_empty_does_not() -> None:
    environ = {"TIDEGATE_CAPTURE_URL": "s3://b/c", "TIDEGATE_PUBLIC_PORT": ""}
    settings = Environment.from_environ(environ)
    assert settings.capture_url == "s3://b/c"
    assert settings.public_port == 8080


def test_settings_travel_to_a_child_as_they_are() -> None:
    settings = Environment.from_environ({"TIDEGATE_HOME": "/x", "TIDEGATE_PRIVATE_PORT": "9"})
    assert Environment.from_environ(settings.to_environ()) == settings


@pytest.mark.parametrize(("name", "value"), [("PUBLIC_PORT", "0"), ("MAX_BODY_BYTES", "many")])
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name.lower()):
        Environment.from_environ({f"TIDEGATE_{name}": value})
