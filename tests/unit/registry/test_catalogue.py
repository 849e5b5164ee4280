"""Every catalogue of the table, and the fake, against the contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.plugins import load
from core.refs import ModelName
from registry.catalogue import CATALOGUES, Catalogue, Version
from registry.migration import migrate
from registry.platform import open_platform
from tests.contracts.catalogue import CatalogueContract
from tests.fakes.catalogue import FakeCatalogue
from tests.samples import make_package


class TestFakeCatalogue(CatalogueContract):
    @pytest.fixture
    def catalogue(self) -> Catalogue:
        return FakeCatalogue()


@pytest.mark.parametrize("name", sorted(CATALOGUES))
class TestCatalogues(CatalogueContract):
    @pytest.fixture
    def catalogue(self, name: str, mlflow_store: Path, tmp_path: Path) -> Iterator[Catalogue]:
        store = tmp_path / "mlflow.db"
        store.write_bytes(mlflow_store.read_bytes())
        url = f"sqlite:///{tmp_path}/platform.db"
        migrate(url)
        platform = open_platform(url)
        yield load("catalogue", CATALOGUES, name)(
            f"sqlite:///{store}", tmp_path / "packages", platform
        )
        platform.database.close()


def test_a_version_knows_its_reference(tmp_path: Path) -> None:
    manifest = make_package(tmp_path / "one", "iris").manifest
    version = Version(ModelName("iris"), 3, str(tmp_path), manifest.digest, manifest, 1.0)
    assert str(version.ref) == "iris:3"
