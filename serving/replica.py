"""The replica: a Ray Serve deployment that loads one package and serves it on a port of its own."""

import logging
import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from core.clock import SystemClock
from core.errors import PackageCorrupt, TidegateError, Unavailable
from core.garbage import settle_heap
from core.refs import ReplicaId, ResidentId
from core.release import RELEASE
from registry.package import verify_package
from registry.platform import Platform, open_platform
from registry.records import Role
from serving.autoscaler import LOAD
from serving.blueprint import ReplicaPlan, read_plan
from serving.door import Door
from serving.engine import Engine, Loaded
from serving.explainer import ExplainerRuntime
from serving.gauge import Gauge, Readings
from serving.handle_port import keep_private
from serving.host import Host
from serving.leaseholder import RENEW_S, Leaseholder
from serving.logbook import open_logbook
from serving.runtime import load_runtime
from serving.server import Served
from serving.warmup import read_warmups

log = logging.getLogger(__name__)
# Longer than a gateway's poll interval, so that none still sends when the port closes.
LET_GO_S = 1.0
FINISH_S = 20.0
WEDGED_S = 10.0
# The exit status of a replica whose model hangs.
_HUNG = 70


class Replica:
    """One replica. Ray Serve builds it, asks after its health, and deletes it."""

    def __init__(self, text: str) -> None:
        plan = read_plan(text)
        keep_private(plan.around.host)
        self._leaving = threading.Event()
        self._plan = plan
        replica = ReplicaId(f"{plan.resident}-{uuid4().hex[:8]}")
        open_logbook(Path(plan.around.logs), plan.resident, replica)
        self._platform = open_platform(plan.around.database_url)
        try:
            self._loaded = load_package(plan)
            self._host = Host(plan.endpoint, self._open)
            address = self._host.start(plan.around.host)
        except TidegateError as error:
            # Serve wraps what a constructor raises; people read the reason from the tables.
            log.exception("the replica does not start")
            self._platform.residents.explain(plan.resident, str(error))
            raise
        settle_heap()
        self._lease = Leaseholder(self._platform, replica, plan.resident, SystemClock())
        self._lease.take(address)
        readings = Readings(
            lambda: self._engine.outstanding_rows, lambda: self._engine.counts.requests
        )
        self._gauge = Gauge(readings, plan.resources.num_cpus, SystemClock())
        self._keeper = threading.Thread(target=self._keep_lease, name="lease", daemon=True)
        self._keeper.start()
        log.info("replica %s answers at %s", replica, address)

    async def check_health(self) -> None:
        """Raise Unavailable when the loop does not answer or nobody renews the lease."""
        if self._host.beat() > WEDGED_S or not self._keeper.is_alive():
            raise Unavailable("replica", "its event loop does not answer")

    def reconfigure(self, scaling: Mapping[str, Any] | None) -> None:
        """Measure what this autoscaling asks for; Serve calls it at the start and on each change."""
        self._gauge.set(scaling)

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """What Serve's autoscaler hears of us."""
        return {LOAD: self._gauge.load()}

    def __del__(self) -> None:
        """Leave in order: withdraw the lease, let gateways go, finish, close."""
        if self._leaving.is_set() or not hasattr(self, "_lease"):
            return
        self._leaving.set()
        self._keeper.join()
        self._lease.release()
        self._host.drain(LET_GO_S, FINISH_S)
        self._report()
        self._host.stop()
        self._loaded.close()
        self._platform.database.close()

    def _open(self) -> Engine:
        self._engine = Engine(self._loaded, open_door(self._plan.resident, self._platform), RELEASE)
        return self._engine

    def _report(self) -> None:
        self._lease.report(self._plan.endpoint, self._plan.version, self._engine.counts)

    def _keep_lease(self) -> None:
        while not self._leaving.wait(RENEW_S):
            if self._engine.is_stuck:
                self._lease.release()
                self._report()
                give_up(self._host, [self._engine])
            # A wedged loop must not be sent more: without renewals its lease ends.
            elif self._host.beat() < 2 * RENEW_S + 1:
                self._lease.renew()
            self._report()


def give_up(host: Host, engines: Iterable[Engine]) -> None:
    """End the process of a model that hangs in a run, for nothing else ends the run.

    Who waits is sent away first, and answered elsewhere. Whose request is in the run sees the connection
    break: gateways ask it once more at another replica, where it may be computed twice, and no third time.
    """
    log.error("the model hangs in a run: this replica ends, and another one takes its place")
    for engine in engines:
        host.tell(engine.abandon)
    threading.Event().wait(LET_GO_S)
    os._exit(_HUNG)


def open_door(resident: ResidentId, platform: Platform) -> Door:
    """The door of a resident: it reads the secrets of the platform's tables."""
    clock = SystemClock()
    return Door(resident, lambda: platform.secrets.list(clock.now()), clock)


def load_package(plan: ReplicaPlan) -> Loaded:
    """Verify, load and warm up the package; raises PackageCorrupt, RuntimeUnavailable."""
    package = verify_package(Path(plan.location))
    if package.manifest.digest != plan.digest:
        raise PackageCorrupt("tidegate.json", "the manifest is not the one that was published")
    package = package.overrule(plan.options)
    served = Served(
        endpoint=plan.endpoint,
        version=str(plan.version),
        platform=plan.platform,
        signature=plan.signature,
        max_rows=plan.batching.max_rows,
        body_limit=plan.around.body_limit,
        sequences=plan.batching.sequences is not None,
    )
    if plan.role is Role.EXPLAINER:
        explainer = ExplainerRuntime.load(package, plan.resources, plan.around.trusted)
        return Loaded.of(served, [explainer], plan.batching)
    runtimes = [
        load_runtime(package, plan.resources, plan.around.trusted)
        for _ in range(plan.batching.instances)
    ]
    own = package.manifest.signature
    return Loaded.of(served, runtimes, plan.batching, read_warmups(package, own), own)
