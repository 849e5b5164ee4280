"""The switch that MLflow reads."""

from registry.settings import refuse_telemetry


def test_telemetry_is_refused_whatever_was_said() -> None:
    environ = {"MLFLOW_DISABLE_TELEMETRY": "false"}
    refuse_telemetry(environ)
    assert environ == {"MLFLOW_DISABLE_TELEMETRY": "true"}
