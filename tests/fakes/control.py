"""A control process without cluster, MLflow or socket, and a client that speaks to it."""

import tempfile
from functools import cache
from pathlib import Path

from capture.truth import TruthRecord
from core.refs import EndpointName
from registry.migration import migrate
from registry.platform import open_platform
from registry.records import Resident, ResidentState
from serving.surroundings import Surroundings
from tests.fakes.catalogue import FakeCatalogue
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import FakeJobRunner
from tests.fakes.transport import AppTransport
from tests.samples import make_package
from tidegate import Client
from tidegate.client.waiting import Waiting
from tidegate.control.app import Operations, build_app
from tidegate.control.auditor import Auditing
from tidegate.control.loop import Loop, Pace
from tidegate.control.monitoring import Monitoring
from tidegate.control.routers import (
    endpoints,
    jobs,
    keys,
    logs,
    measures,
    models,
    monitors,
    plans,
    pools,
    records,
    routes,
    stages,
    status,
    transforms,
)
from tidegate.control.upload import UploadLimits, Uploads
from training.intake import Intake, Stores

TOKEN = "admin-token"  # noqa: S105 - a fake's
URL = "http://control"


@cache
def _migrated() -> bytes:
    """Empty tables, made once for all tests: the migration takes most of a second."""
    with tempfile.TemporaryDirectory() as folder:
        migrate(f"sqlite:///{folder}/platform.db")
        return (Path(folder) / "platform.db").read_bytes()


class FakeControl:
    """The real operations on a fresh home under `home`; `client` calls them as people do."""

    def __init__(self, home: Path, limits: UploadLimits | None = None) -> None:
        self.home = home
        self.clock = FakeClock()
        (home / "platform.db").write_bytes(_migrated())
        database = f"sqlite:///{home / 'platform.db'}"
        self.platform = open_platform(database)
        self.catalogue = FakeCatalogue()
        self.runner = FakeJobRunner()
        self.truth: list[tuple[EndpointName, list[TruthRecord], float]] = []
        self.capture_url = str(home / "capture")
        self.monitoring = Monitoring(self.platform, self.capture_url, home / "reports", self.clock)
        self.loop = Loop("reconciler", self._turn, Pace(0.5), self.clock)
        self.trouble: Exception | None = None
        self.uploads = Uploads(self.catalogue, home / "run", self.clock, limits or UploadLimits())
        stores = Stores(database, "sqlite:///mlflow.db", home / "packages", home / "jobs")
        self.intake = Intake(self.platform.jobs, stores, self.runner, self.clock)
        self.operations = self._operations()
        self.app = build_app(self.operations, TOKEN, [self.loop])
        self.client = self.enter(TOKEN)

    def enter(self, token: str) -> Client:
        """A client with this token; waiting moves the clock and takes no time."""
        waiting = Waiting(self.clock, self.clock.advance)
        return Client(URL, token, transport=AppTransport(self.app), waiting=waiting)

    def publish(self, offset: float = 0.0) -> int:
        """Publish the linear model `iris` with this offset; returns its version."""
        package = make_package(self.home / f"package-{offset}", "iris", offset=offset)
        return self.catalogue.publish(package.folder, now=self.clock.now()).version

    def load(self, endpoint: str, version: int = 1, variant: str = "main") -> Resident:
        """Say that this version of `iris` is live behind the endpoint."""
        known = self.platform.endpoints.get(EndpointName(endpoint))
        spec = next(one for one in known.spec.variants if one.name == variant)
        found = self.catalogue.get(self.catalogue.models()[0], version)
        resident = Resident(
            id=f"{endpoint}-{variant}-{version}",  # type: ignore[arg-type]  # any text will do
            endpoint=known.name,
            variant=variant,  # type: ignore[arg-type]  # as above
            model=found.model,
            version=version,
            spec=spec,
            signature=found.manifest.signature,
            platform=found.manifest.platform,
            location=found.location,
            digest=found.digest,
            state=ResidentState.STARTING,
        )
        self.platform.residents.add(resident)
        self.platform.residents.promote(resident, retire_at=self.clock.now())
        return resident

    def _turn(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    def _keep_truth(self, endpoint: EndpointName, records: list[TruthRecord], now: float) -> None:
        self.truth.append((endpoint, records, now))

    def _operations(self) -> Operations:
        platform, catalogue, clock = self.platform, self.catalogue, self.clock
        return Operations(
            status=status.StatusOperations(platform, [self.loop]),
            models=models.ModelOperations(catalogue, self.uploads, clock),
            endpoints=endpoints.EndpointOperations(platform, catalogue, self._keep_truth, clock),
            routes=routes.RouteOperations(platform, clock),
            keys=keys.KeyOperations(platform, b"m" * 32, clock),
            jobs=jobs.JobOperations(platform.jobs, self.intake, self.runner),
            monitors=monitors.MonitorOperations(platform, self.monitoring, clock),
            logs=logs.LogOperations(platform, self.home / "logs"),
            measures=measures.MeasureOperations(platform, clock),
            pools=pools.PoolOperations(platform, clock),
            stages=stages.StageOperations(platform, clock),
            plans=plans.PlanOperations(platform, clock),
            records=records.RecordOperations(platform, clock),
            auditing=Auditing(platform.audit, clock),
            transforms=transforms.TransformOperations(
                platform.jobs,
                self.catalogue,
                self.home / "jobs",
                Surroundings(platform.database.url, "127.0.0.1", 2**26, str(self.home / "logs")),
                clock,
            ),
        )
