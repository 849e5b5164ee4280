"""An MLflow store and migrated tables, made once; each test takes a copy of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.catalogues.mlflow import MlflowCatalogue
from registry.migration import migrate
from registry.platform import Platform, open_platform
from registry.settings import refuse_telemetry

refuse_telemetry()  # before a test module imports MLflow itself


@pytest.fixture(scope="session")
def mlflow_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow SQLite file with its tables (creating one takes seconds)."""
    folder = tmp_path_factory.mktemp("mlflow")
    url = f"sqlite:///{folder}/platform.db"
    migrate(url)
    platform = open_platform(url)
    MlflowCatalogue(f"sqlite:///{folder}/mlflow.db", folder / "packages", platform)
    platform.database.close()
    return folder / "mlflow.db"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """The platform's tables in a new file."""
    url = f"sqlite:///{tmp_path}/home/platform.db"
    migrate(url)
    opened = open_platform(url)
    yield opened
    opened.database.close()
