import pytest
from pydantic import ValidationError

from gateway.settings import Settings, read_settings


def test_defaults_follow_the_home() -> None:
    settings = Settings.from_environ({"TIDEGATE_HOME": "/srv/tide"})
    assert settings.database_url == "sqlite:////srv/tide/platform.db"
    assert settings.capture_url == "/srv/tide/capture"
    assert (settings.public_port, settings.private_port) == (8080, 8081)
    assert settings.private_auth == "open"


def test_the_environment_counts_and_other_variables_do_not() -> None:
    settings = Settings.from_environ({"TIDEGATE_POLL_S": "0.5", "TIDEGATE_RAY_CPUS": "9", "A": "1"})
    assert settings.poll_s == 0.5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POLL_S", "0"),
        ("PRIVATE_AUTH", "none"),
        ("PUBLIC_PORT", "x"),
        ("OTLP_ENDPOINT", "collector:4317"),
        ("TRACE_SHARE", "1.5"),
    ],
)
def test_a_bad_value_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        Settings.from_environ({f"TIDEGATE_{name}": value})


def test_the_collector_may_have_opentelemetrys_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIDEGATE_OTLP_ENDPOINT", raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert read_settings().otlp_endpoint == ""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://theirs:4318")
    assert read_settings().otlp_endpoint == "http://theirs:4318"
    monkeypatch.setenv("TIDEGATE_OTLP_ENDPOINT", "https://ours")
    assert read_settings().otlp_endpoint == "https://ours"
    monkeypatch.setenv("TIDEGATE_OTLP_ENDPOINT", "")
    assert read_settings().otlp_endpoint == ""
