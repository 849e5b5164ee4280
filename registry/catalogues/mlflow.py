"""The catalogue on MLflow: its tracking store and model registry as a library, our aliases as the truth."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from core.errors import Conflict, InvalidInput, NotFound, PackageCorrupt, Unavailable
from core.refs import AliasName, Digest, ModelName, ModelRef, check_name
from registry.catalogue import Version, find_previous
from registry.lock import alone
from registry.manifest import Manifest
from registry.package import Package, verify_package
from registry.platform import Platform
from registry.records import Alias
from registry.settings import refuse_telemetry
from registry.shelf import Shelf

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

_LOG = logging.getLogger(__name__)
_SQLITE = "sqlite:///"
_DIGEST = "tidegate.digest"
_CREATED = "tidegate.created_at"
_PAGE = 200
# MLflow refuses longer values; the manifest keeps the whole text.
_MAX_TAG = 5000


class MlflowCatalogue:
    """As `registry.catalogue.Catalogue` says.

    `tracking_uri` is MLflow's tracking and registry store, `sqlite:///file` or a server's URL;
    `packages` the folder that published packages are copied to. Making one imports MLflow and
    creates the store: 3 to 6 s the first time. Models and versions that others put in the same
    store are not seen.
    """

    def __init__(self, tracking_uri: str, packages: Path, platform: Platform) -> None:
        self._shelf = Shelf(packages)
        self._artifacts = packages.absolute().parent / "artifacts"
        self._platform = platform
        self._client = _open_client(tracking_uri)

    def publish(self, folder: Path, *, now: float) -> Version:
        """As `Catalogue` says; also logs a run with the metrics, options and lineage."""
        package = verify_package(folder)
        manifest = package.manifest
        model, digest = ModelName(manifest.name), manifest.digest
        with self._shelf.alone(model), _translated():
            location = self._shelf.keep(package)
            known = self._find(model, digest)
            if known is not None:
                return _describe(known, Package(location, manifest))
            if not self._has_model(model):
                self._client.create_registered_model(model)
            created = self._client.create_model_version(
                model,
                source=str(location),
                run_id=self._log_run(manifest),
                tags={_DIGEST: digest, _CREATED: repr(now)},
                description=manifest.description,
            )
        return Version(model, int(created.version), str(location), digest, manifest, now)

    def get(self, model: ModelName, version: int) -> Version:
        """As `Catalogue` says."""
        name = ModelRef(model, version)
        with _translated("version", str(name)):
            found = self._client.get_model_version(check_name("model name", model), str(version))
        if _DIGEST not in found.tags:
            raise NotFound("version", str(name))
        return self._open(found)

    def fetch(self, version: Version) -> Package:
        """As `Catalogue` says."""
        return self._shelf.verify(version.model, version.digest)

    def models(self) -> tuple[ModelName, ...]:
        """As `Catalogue` says."""
        names: set[str] = set()
        token: str | None = None
        with _translated():
            while True:
                page = self._client.search_model_versions(
                    max_results=_PAGE, order_by=["name ASC"], page_token=token
                )
                names.update(found.name for found in page if _DIGEST in found.tags)
                token = page.token
                if not token:
                    return tuple(ModelName(name) for name in sorted(names))

    def versions(self, model: ModelName) -> tuple[Version, ...]:
        """As `Catalogue` says."""
        with _translated():
            found = sorted(self._search(model), key=lambda version: int(version.version))
        if not found:
            raise NotFound("model", model)
        versions = []
        for one in found:
            try:
                versions.append(self._open(one))
            except (PackageCorrupt, InvalidInput) as error:
                _LOG.warning("%s:%s is left out: %s", model, one.version, error)
        return tuple(versions)

    def resolve(self, ref: ModelRef) -> Version:
        """As `Catalogue` says."""
        if ref.version is not None:
            return self.get(ref.model, ref.version)
        if ref.alias is None:
            raise NotFound("version", str(ref))
        return self.get(ref.model, self._platform.aliases.get(ref.model, ref.alias).version)

    def point(
        self, model: ModelName, alias: AliasName, version: int, expected: int | None, now: float
    ) -> Alias:
        """As `Catalogue` says; MLflow's alias of the same name follows."""
        check_name("alias", alias)
        self.get(model, version)
        moved = self._platform.aliases.point(model, alias, version, expected, now)
        self._mirror(moved)
        return moved

    def rollback(self, model: ModelName, alias: AliasName, now: float) -> Alias:
        """As `Catalogue` says."""
        previous, current = find_previous(self._platform.aliases, model, alias)
        return self.point(model, alias, previous, current, now)

    def aliases(self, model: ModelName) -> tuple[Alias, ...]:
        """As `Catalogue` says."""
        return self._platform.aliases.list(model)

    def _open(self, found: "ModelVersion") -> Version:
        digest = Digest(found.tags[_DIGEST])
        return _describe(found, self._shelf.open(ModelName(found.name), digest))

    def _find(self, model: ModelName, digest: Digest) -> "ModelVersion | None":
        same = (one for one in self._search(model) if one.tags[_DIGEST] == digest)
        return min(same, key=lambda version: int(version.version), default=None)

    def _search(self, model: ModelName) -> "Iterator[ModelVersion]":
        # A checked name holds no quote, so it cannot change the filter.
        wanted = f"name = '{check_name('model name', model)}'"
        token: str | None = None
        while True:
            page = self._client.search_model_versions(wanted, max_results=_PAGE, page_token=token)
            yield from (found for found in page if _DIGEST in found.tags)
            token = page.token
            if not token:
                return

    def _has_model(self, model: ModelName) -> bool:
        return bool(self._client.search_registered_models(f"name = '{model}'", max_results=1))

    def _log_run(self, manifest: Manifest) -> str:
        """One finished run in the model's own experiment; returns its id."""
        name = manifest.name
        known = self._client.get_experiment_by_name(name)
        experiment = (
            self._client.create_experiment(name, artifact_location=str(self._artifacts / name))
            if known is None
            else known.experiment_id
        )
        tags = {key: text[:_MAX_TAG] for key, text in manifest.lineage.items()}
        short = manifest.digest.removeprefix("sha256:")[:12]
        run = self._client.create_run(
            experiment, tags={**tags, _DIGEST: manifest.digest}, run_name=f"{name}-{short}"
        )
        run_id = str(run.info.run_id)
        for key, value in manifest.metrics.items():
            self._client.log_metric(run_id, key, value, synchronous=True)
        for key, option in manifest.options.items():
            self._client.log_param(run_id, key, str(option)[:_MAX_TAG], synchronous=True)
        self._client.set_terminated(run_id)
        return run_id

    def _mirror(self, alias: Alias) -> None:
        # Two moves may mirror in either order, so write what the table says last. MLflow takes
        # fewer names than we do ('v1', dots), and people only read its copy.
        now = self._platform.aliases.get(alias.model, alias.name)
        try:
            with _translated():
                self._client.set_registered_model_alias(now.model, now.name, str(now.version))
        except (Unavailable, Conflict, InvalidInput, NotFound) as error:
            _LOG.warning("MLflow's copy of %s@%s is out of date: %s", now.model, now.name, error)


def _describe(found: "ModelVersion", package: Package) -> Version:
    return Version(
        model=ModelName(found.name),
        version=int(found.version),
        location=str(package.folder),
        digest=package.manifest.digest,
        manifest=package.manifest,
        created_at=float(found.tags[_CREATED]),
    )


def _open_client(uri: str) -> "MlflowClient":
    refuse_telemetry()
    # After the switch above, and only where a catalogue is really used: it takes 2 s.
    from mlflow import MlflowClient  # noqa: PLC0415 - see above
    from mlflow.telemetry import set_telemetry_client  # noqa: PLC0415 - see above

    # Somebody else may have imported it before.
    set_telemetry_client()  # type: ignore[no-untyped-call]  # MLflow leaves it unannotated
    # It would tell of each new table on standard error, and sets its level when it is imported.
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    if not uri.startswith(_SQLITE):
        with _translated():
            return MlflowClient(uri, uri)
    # The first to open a fresh file creates the tables; two at once would break each other's work.
    with alone(Path(uri.removeprefix(_SQLITE)).with_suffix(".lock")), _translated():
        client = MlflowClient(uri, uri)
        client.search_registered_models(max_results=1)
        client.search_experiments(max_results=1)
        return client


@contextmanager
def _translated(kind: str = "model", name: str = "") -> Iterator[None]:
    """MLflow's errors as ours: what is not there is NotFound(kind, name), all else Unavailable."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - as in `_open_client`

    try:
        yield
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            raise NotFound(kind, name) from error
        raise Unavailable("model catalogue", str(error.message)) from error
    except SQLAlchemyError as error:
        raise Unavailable("model catalogue", str(error)) from error
