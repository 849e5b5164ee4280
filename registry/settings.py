"""What this room has to say to the environment: MLflow reads a switch from it when it is imported."""

import os
from collections.abc import MutableMapping


def refuse_telemetry(environ: MutableMapping[str, str] = os.environ) -> None:
    """Keep MLflow from calling home; call it before MLflow's first import. Children inherit it."""
    environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
