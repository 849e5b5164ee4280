"""A pool's replica: a Ray Serve deployment that loads models of its pool when they are asked for."""

import asyncio
import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from time import monotonic
from uuid import uuid4

import psutil

from core.clock import SystemClock
from core.errors import (
    EndpointNotFound,
    NotFound,
    RuntimeUnavailable,
    TidegateError,
    Unavailable,
)
from core.garbage import settle_heap
from core.pool import PoolSpec
from core.refs import ReplicaId, ResidentId
from core.release import RELEASE
from core.signing import Secret
from registry.ensemble import list_packages
from registry.package import open_package
from registry.platform import Platform, open_platform
from registry.records import Lease, Resident, ResidentState
from serving.blueprint import ReplicaPlan
from serving.door import Door
from serving.engine import Engine
from serving.handle_port import keep_private
from serving.host import Host
from serving.leaseholder import RENEW_S, Leaseholder
from serving.logbook import open_logbook
from serving.multiplexer import Multiplexer, Shelved
from serving.replica import FINISH_S, LET_GO_S, WEDGED_S, give_up, load_package
from serving.surroundings import Surroundings

log = logging.getLogger(__name__)
_OWN_MODULES = frozenset({"python", "sagemaker", "mlflow", "torch_module"})


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """What a pool's replica is started with."""

    spec: PoolSpec
    around: Surroundings


class PoolReplica:
    """One replica. Ray Serve builds it, asks after its health, and deletes it."""

    def __init__(self, plan: PoolPlan) -> None:
        keep_private(plan.around.host)
        self._leaving = threading.Event()
        self._spec = plan.spec
        self._name = ReplicaId(f"{plan.spec.app}-{uuid4().hex[:8]}")
        open_logbook(Path(plan.around.logs), plan.spec.app, self._name)
        self._platform = open_platform(plan.around.database_url)
        self._shelf = Shelf(self._name, plan, self._platform)
        self._host = Host(plan.spec.name, self._open)
        address = self._host.start(plan.around.host)
        self._shelf.address = address
        settle_heap()
        self._lease = Leaseholder(self._platform, self._name, plan.spec.app, SystemClock())
        self._lease.take(address)
        self._keeper = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._keeper.start()
        log.info("replica %s of pool %s answers at %s", self._name, plan.spec.name, address)

    async def check_health(self) -> None:
        """Raise Unavailable when the loop does not answer or nobody renews the lease."""
        if self._host.beat() > WEDGED_S or not self._keeper.is_alive():
            raise Unavailable("replica", "its event loop does not answer")

    def __del__(self) -> None:
        """Leave in order: withdraw the leases, let gateways go, finish, close."""
        if self._leaving.is_set() or not hasattr(self, "_keeper"):
            return
        self._leaving.set()
        self._keeper.join()
        self._lease.release()
        for resident in self._app.engines:
            self._shelf.withdraw(resident)
        self._host.drain(LET_GO_S, FINISH_S)
        self._host.stop()
        self._platform.database.close()

    def _open(self) -> Multiplexer:
        self._app = Multiplexer(self._spec, self._shelf, self._shelf.open_door, RELEASE)
        return self._app

    def _keep(self) -> None:
        while not self._leaving.wait(RENEW_S):
            try:
                self._turn()
            except Exception:
                # The tables may be away: gateways keep what they last read.
                log.warning("the pool's turn failed", exc_info=True)

    def _turn(self) -> None:
        if any(engine.is_stuck for engine in self._app.engines.values()):
            self._lease.release()
            for resident in self._app.engines:
                self._shelf.withdraw(resident)
            give_up(self._host, self._app.engines.values())
        if self._host.beat() < 2 * RENEW_S + 1:
            self._lease.renew()
            self._shelf.renew(self._app.engines)
        residents = [
            one for one in self._platform.residents.list() if one.spec.pool == self._spec.name
        ]
        wanted = {one.id for one in residents}
        for resident in self._app.engines:
            if resident not in wanted:
                self._host.tell(lambda gone=resident: self._app.drop(gone))  # type: ignore[misc]  # bound now
        leases = self._platform.leases.list()
        for one in find_untried(residents, leases, self._spec.app, self._name):
            self._host.tell(lambda new=one: self._try(new))  # type: ignore[misc]  # as above

    def _try(self, resident: Resident) -> None:
        """Load a model that has never answered, so that its rollout goes on or says why not."""

        def tell(task: "asyncio.Task[Engine]") -> None:
            error = None if task.cancelled() else task.exception()
            if isinstance(error, TidegateError):
                self._platform.residents.explain(resident.id, str(error))

        asyncio.get_running_loop().create_task(self._app.find(resident.id)).add_done_callback(tell)


class Shelf:
    """Loads this pool's models and holds their leases. Safe to be used by several threads."""

    def __init__(self, replica: ReplicaId, plan: PoolPlan, platform: Platform) -> None:
        self._replica, self._plan, self._platform = replica, plan, platform
        self._clock = SystemClock()
        self._leases: dict[ResidentId, Leaseholder] = {}
        self._rows: dict[ResidentId, Resident] = {}
        self._secrets: tuple[float, tuple[Secret, ...]] = (float("-inf"), ())
        self.address = ""

    def load(self, resident: ResidentId) -> Shelved:
        """Load one; raises EndpointNotFound where it is none of this pool's."""
        try:
            row = self._platform.residents.get(resident)
        except NotFound as error:
            raise EndpointNotFound(resident) from error
        if row.spec.pool != self._plan.spec.name:
            raise EndpointNotFound(resident)
        check_isolation(row)
        resources = self._plan.spec.resources
        spec = row.spec.model_copy(update={"resources": resources})
        planned = ReplicaPlan.of(replace(row, spec=spec), self._plan.around)
        before = psutil.Process().memory_info().rss
        loaded = load_package(planned)
        grown = psutil.Process().memory_info().rss - before
        self._rows[resident] = row
        return Shelved(loaded, max(grown, _count_bytes(Path(row.location))))

    def announce(self, resident: ResidentId) -> None:
        """Take a lease for the model."""
        digest = blake2b(resident.encode(), digest_size=4).hexdigest()
        name = ReplicaId(f"{self._replica}-{digest}")
        lease = Leaseholder(self._platform, name, resident, self._clock)
        lease.take(self.address)
        self._leases[resident] = lease

    def withdraw(self, resident: ResidentId) -> None:
        """Release the model's lease."""
        lease = self._leases.pop(resident, None)
        if lease is not None:
            lease.release()

    def renew(self, engines: dict[ResidentId, Engine]) -> None:
        """Renew the leases of what is loaded, and write what it has counted."""
        for resident, lease in tuple(self._leases.items()):
            engine, row = engines.get(resident), self._rows.get(resident)
            if engine is not None and row is not None:
                lease.renew()
                lease.report(row.endpoint, row.version, engine.counts)

    def open_door(self, resident: ResidentId) -> Door:
        """A door whose secrets all doors share: whoever knocks at many makes no more readings."""
        return Door(resident, self._read_secrets, self._clock)

    def _read_secrets(self) -> tuple[Secret, ...]:
        read_at, known = self._secrets
        if monotonic() - read_at >= 1.0:
            known = self._platform.secrets.list(self._clock.now())
            self._secrets = (monotonic(), known)
        return known


def check_isolation(resident: Resident) -> None:
    """Raise RuntimeUnavailable for a package that must have its process to itself.

    Modules of two authors may have one name, and Python keeps one module of a name in a process.
    """
    for package in list_packages(open_package(Path(resident.location))):
        runtime = package.manifest.runtime
        if runtime in _OWN_MODULES:
            detail = (
                "it imports its author's modules, which would mix with those of the pool's other "
                "packages; leave `pool` out of the variant"
            )
            raise RuntimeUnavailable(runtime, detail)


def find_untried(
    residents: Iterable[Resident], leases: Iterable[Lease], app: ResidentId, replica: ReplicaId
) -> list[Resident]:
    """The residents that this replica is to load since nobody has: each is one replica's of the pool."""
    leases = tuple(leases)
    mates = [lease.replica for lease in leases if lease.resident == app]
    loaded = {lease.resident for lease in leases}
    return [
        one
        for one in residents
        if one.state is ResidentState.STARTING
        and not one.reason
        and one.id not in loaded
        and min(mates, key=lambda mate: _rank(mate, one.id), default=None) == replica
    ]


def _rank(replica: ReplicaId, resident: ResidentId) -> bytes:
    return blake2b(f"{replica}\n{resident}".encode(), digest_size=8).digest()


def _count_bytes(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
