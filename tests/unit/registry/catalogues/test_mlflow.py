"""What the catalogue does in MLflow, beyond the contract of all catalogues."""

import logging
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.telemetry import get_telemetry_client

from core.errors import NotFound, PackageCorrupt, Unavailable
from core.refs import AliasName, ModelName
from registry.catalogues.mlflow import MlflowCatalogue
from registry.package import PackageDraft, build_package
from registry.platform import Platform
from tests.samples import make_package, write_linear_model

IRIS = ModelName("iris")
LIVE = AliasName("live")
Open = Callable[[], MlflowCatalogue]


@pytest.fixture
def client(mlflow_store: Path, tmp_path: Path) -> MlflowClient:
    uri = f"sqlite:///{shutil.copy(mlflow_store, tmp_path / 'mlflow.db')}"
    return MlflowClient(uri, uri)


@pytest.fixture
def reopen(client: MlflowClient, platform: Platform, tmp_path: Path) -> Open:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    return lambda: MlflowCatalogue(uri, tmp_path / "packages", platform)


@pytest.fixture
def catalogue(reopen: Open) -> MlflowCatalogue:
    return reopen()


def test_mlflow_does_not_call_home(catalogue: MlflowCatalogue) -> None:
    assert get_telemetry_client() is None


def test_a_run_keeps_metrics_options_and_lineage(
    catalogue: MlflowCatalogue, client: MlflowClient, tmp_path: Path
) -> None:
    draft = PackageDraft(
        name="iris", metrics={"f1": 0.5}, options={"threads": 2}, lineage={"job": "j" * 9000}
    )
    model = write_linear_model(tmp_path / "source" / "model.onnx")
    build_package(model, tmp_path / "p", draft)
    catalogue.publish(tmp_path / "p", now=1.0)
    run = client.get_run(str(client.get_model_version("iris", "1").run_id))
    assert (run.data.metrics, run.data.params) == ({"f1": 0.5}, {"threads": "2"})
    assert run.data.tags["job"] == "j" * 5000
    assert run.info.status == "FINISHED"


def test_mlflow_knows_where_the_package_lies(
    catalogue: MlflowCatalogue, client: MlflowClient, tmp_path: Path
) -> None:
    version = catalogue.publish(make_package(tmp_path / "p", "iris").folder, now=1.0)
    known = client.get_model_version("iris", "1")
    assert known.source == version.location
    assert known.tags["tidegate.digest"] == version.digest


def test_another_process_sees_the_same(
    catalogue: MlflowCatalogue, reopen: Open, tmp_path: Path
) -> None:
    version = catalogue.publish(make_package(tmp_path / "p", "iris").folder, now=1.5)
    shutil.rmtree(tmp_path / "p")
    assert reopen().get(IRIS, 1) == version
    assert reopen().fetch(version).model_path.is_file()


def test_mlflow_follows_an_alias(
    catalogue: MlflowCatalogue, client: MlflowClient, tmp_path: Path
) -> None:
    catalogue.publish(make_package(tmp_path / "p", "iris").folder, now=1.0)
    catalogue.point(IRIS, LIVE, 1, None, now=2.0)
    assert int(client.get_model_version_by_alias("iris", "live").version) == 1


def test_an_alias_that_mlflow_refuses_still_moves(
    catalogue: MlflowCatalogue, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    catalogue.publish(make_package(tmp_path / "p", "iris").folder, now=1.0)
    with caplog.at_level(logging.WARNING):
        assert catalogue.point(IRIS, AliasName("v1"), 1, None, now=2.0).version == 1
    assert "MLflow's copy of iris@v1 is out of date" in caplog.text


def test_what_others_keep_in_mlflow_is_not_seen(
    catalogue: MlflowCatalogue, client: MlflowClient, tmp_path: Path
) -> None:
    client.create_registered_model("iris")
    client.create_model_version("iris", source="elsewhere")
    assert catalogue.models() == ()
    with pytest.raises(NotFound):
        catalogue.get(IRIS, 1)
    version = catalogue.publish(make_package(tmp_path / "p", "iris").folder, now=1.0)
    assert version.version == 2
    assert catalogue.versions(IRIS) == (version,)


def test_a_lost_package_is_left_out_and_comes_back_when_published(
    catalogue: MlflowCatalogue, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lost, kept = (make_package(tmp_path / name, "iris", offset=len(name)) for name in ("p", "pp"))
    version = catalogue.publish(lost.folder, now=1.0)
    catalogue.publish(kept.folder, now=1.0)
    shutil.rmtree(version.location)
    assert [known.version for known in catalogue.versions(IRIS)] == [2]
    assert "iris:1 is left out" in caplog.text
    with pytest.raises(PackageCorrupt):
        catalogue.get(IRIS, 1)
    assert catalogue.publish(lost.folder, now=9.0) == version


def test_more_versions_than_a_page_of_mlflow(
    catalogue: MlflowCatalogue, client: MlflowClient, tmp_path: Path
) -> None:
    catalogue.publish(make_package(tmp_path / "p", "iris").folder, now=1.0)
    tags = client.get_model_version("iris", "1").tags
    for _ in range(200):
        client.create_model_version("iris", source="same", tags=tags)
    assert len(catalogue.versions(IRIS)) == 201


def test_a_store_that_cannot_be_reached_is_unavailable(tmp_path: Path, platform: Platform) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(Unavailable):
        MlflowCatalogue(f"sqlite:///{tmp_path}/mlflow.db", tmp_path / "packages", platform)


@pytest.mark.timeout(60)
def test_two_at_once_open_a_fresh_store(tmp_path: Path, platform: Platform) -> None:
    def open_one(_: int) -> tuple[ModelName, ...]:
        uri = f"sqlite:///{tmp_path}/fresh.db"
        return MlflowCatalogue(uri, tmp_path / "packages", platform).models()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(open_one, range(2))) == [(), ()]
