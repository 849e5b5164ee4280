"""One real Ray head for all cluster tests, and a world of tables, packages and a reconciler on it."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from core.clock import SystemClock
from core.endpoint import EndpointSpec
from core.refs import AliasName, EndpointName, ModelName
from core.signing import sign
from registry.catalogues.mlflow import MlflowCatalogue
from registry.platform import Platform, open_platform
from registry.records import Endpoint, EndpointState, Lease, Resident, ResidentState, Role
from serving.outfitter import Outfitter
from serving.reconciler import Reconciler
from serving.surroundings import Surroundings
from tests.samples import make_package
from tidegate.settings import Settings
from tidegate.supervisor.cluster import make_ray_folder, ray_command, ray_environ
from tidegate.supervisor.home import prepare_home
from tidegate.supervisor.port import choose_port
from tidegate.supervisor.probe import sees_ray
from tidegate.supervisor.process import Spawned, spawn

LIMIT_S = 90.0
CLOCK = SystemClock()


def wait_until(is_so: Callable[[], bool], what: str, limit_s: float = LIMIT_S) -> None:
    """A real cluster is polled; nothing here sleeps for a fixed time."""
    pause, ends = Event(), monotonic() + limit_s
    while not is_so():
        assert monotonic() < ends, f"not within {limit_s:g} s: {what}"
        pause.wait(0.1)


@dataclass(frozen=True)
class World:
    """Tables, catalogue and reconciler; the cluster moves only when `step` is called."""

    home: Path
    platform: Platform
    catalogue: MlflowCatalogue
    reconciler: Reconciler

    def publish(self, model: str, offset: float = 0.0) -> int:
        """Publish the linear model; versions differ by their offset."""
        folder = self.home / f"{model}-{offset:g}"
        make_package(folder, model, offset=offset)
        version = self.catalogue.publish(folder, now=CLOCK.now())
        return version.version

    def point(self, model: str, version: int) -> None:
        """Move `live`."""
        known = {alias.name: alias.version for alias in self.catalogue.aliases(ModelName(model))}
        live = AliasName("live")
        self.catalogue.point(ModelName(model), live, version, known.get(live), CLOCK.now())

    def apply(self, name: str, model: str, **options: object) -> None:
        """Ask for an endpoint with one variant."""
        retain = options.pop("retain_s", 0)
        variant = {"model": model, "resources": {"num_cpus": 0.2}, **options}
        spec = {"name": name, "retain_s": retain, "variants": [variant]}
        self.platform.endpoints.apply(EndpointSpec.read(spec), CLOCK.now())

    def endpoint(self, name: str) -> Endpoint:
        return self.platform.endpoints.get(EndpointName(name))

    def live(self, name: str) -> Resident:
        """The endpoint's live resident."""
        (found,) = [
            one
            for one in self.platform.residents.list()
            if one.endpoint == name
            and one.state is ResidentState.LIVE
            and one.role is Role.PREDICTOR
        ]
        return found

    def leases(self, name: str) -> list[Lease]:
        """Fresh leases of the endpoint's live resident."""
        resident = self.live(name).id
        now = CLOCK.now()
        return [
            lease
            for lease in self.platform.leases.list()
            if lease.resident == resident and lease.expires_at > now
        ]

    def await_role(self, name: str, role: Role) -> Lease:
        """The lease of a live resident of this role, once there is one."""

        def find() -> list[Lease]:
            mine = {
                one.id
                for one in self.platform.residents.list()
                if (one.endpoint, one.role, one.state) == (name, role, ResidentState.LIVE)
            }
            return [lease for lease in self.platform.leases.list() if lease.resident in mine]

        self.step_until(lambda: bool(find()), f"the {role} of {name} answers")
        return find()[0]

    def proof(self, lease: Lease) -> dict[str, str]:
        """The header that opens a replica."""
        secret = self.platform.secrets.list(CLOCK.now())[0]
        return {"x-tidegate-proof": sign(secret, lease.resident, CLOCK.now() + 60)}

    def step_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Let the reconciler work until it is so."""

        def look() -> bool:
            self.reconciler.step()
            return is_so()

        wait_until(look, what)

    def deploy(self, name: str, model: str, **options: object) -> Lease:
        """Bring an endpoint up; returns one replica's lease."""
        self.apply(name, model, **options)
        self.step_until(
            lambda: self.endpoint(name).state is EndpointState.READY, f"{name} is ready"
        )
        return self.leases(name)[0]

    def remove(self, name: str) -> None:
        """Take an endpoint down and wait until nothing of it is left."""
        self.platform.endpoints.take_down(EndpointName(name))
        self.step_until(
            lambda: name not in {one.name for one in self.platform.endpoints.list()},
            f"{name} is gone",
        )


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home of its own, on free ports."""
    chosen = Settings(
        home=tmp_path_factory.mktemp("cluster"),
        ray_port=choose_port("127.0.0.1"),
        ray_dashboard_port=choose_port("127.0.0.1"),
        ray_object_store_mb=150,
    )
    prepare_home(chosen, CLOCK.now())
    return chosen


@pytest.fixture(scope="session")
def head(settings: Settings) -> Iterator[Spawned]:
    """A real Ray head, stopped by its own process id."""
    make_ray_folder(settings)
    # Ray reads them when it is imported, here and in whatever the head starts.
    environ = os.environ  # noqa: TID251 - the test process is the driver
    environ.update(ray_environ(settings))
    log = settings.logs / "ray.log"
    started = spawn(ray_command(settings), dict(environ), settings.run, log)
    try:
        wait_until(lambda: sees_ray(settings), "Ray is up")
        yield started
    finally:
        started.end(20.0)


@pytest.fixture(scope="session")
def world(settings: Settings, head: Spawned) -> Iterator[World]:
    """The whole of serving, on the one cluster."""
    assert head.is_alive()
    from serving.cluster import RayCluster  # noqa: PLC0415 - imports Ray, which reads its settings then

    platform = open_platform(settings.database_url)
    platform.secrets.rotate(CLOCK.now())
    catalogue = MlflowCatalogue(settings.mlflow_uri, settings.packages, platform)
    around = Surroundings(
        settings.database_url,
        settings.host,
        2**26,
        str(settings.logbooks),
        trusted=frozenset({"python"}),
    )
    cluster = RayCluster(settings.ray_address, around)
    cluster.connect()
    outfitter = Outfitter(settings.environments, around.trusted)
    reconciler = Reconciler(platform, catalogue, cluster, outfitter, CLOCK)
    yield World(settings.home, platform, catalogue, reconciler)
    cluster.disconnect()
