"""The reconciler: observe, plan, apply; again and again."""

import logging
from collections.abc import Iterable
from dataclasses import replace

from core.clock import Clock
from core.errors import RuntimeUnavailable, TidegateError
from core.refs import ModelRef
from registry.catalogue import Catalogue
from registry.platform import Platform
from registry.records import Endpoint, Event, Resident, ResidentState
from registry.tables.traffic import SPAN_S
from serving.action import (
    Action,
    AddResident,
    DrainResident,
    FailResident,
    MarkEndpoint,
    PromoteResident,
    RemoveEndpoint,
    RemoveResident,
    ResidentAction,
    ShiftTraffic,
    StartApp,
    StartPool,
    StopApp,
)
from serving.orchestrator import Orchestrator
from serving.outfitter import Outfitter
from serving.plan import plan
from serving.rollcall import Present, call_roll, compare
from serving.wish import references
from serving.world import Resolution, World

log = logging.getLogger(__name__)
# A lease is swept only long after its end: gateways judge freshness, this is housekeeping.
SWEEP_AFTER_S = 60.0


class Reconciler:
    """Makes the cluster match the tables. `step` is called from one thread at a time."""

    def __init__(
        self,
        platform: Platform,
        catalogue: Catalogue,
        orchestrator: Orchestrator,
        outfitter: Outfitter,
        clock: Clock,
    ) -> None:
        self._outfitter = outfitter
        self._platform = platform
        self._catalogue = catalogue
        self._orchestrator = orchestrator
        self._clock = clock
        # None at first: what answers when we come is no news.
        self._present: Present | None = None

    def step(self) -> int:
        """Do what is to be done now; returns how many actions that were.

        One action that fails is logged and tried again at the next step; the others go on. Raises
        Unavailable when the cluster cannot be observed.
        """
        world = self.observe()
        self._tell_changes(world)
        actions = plan(world)
        for action in actions:
            try:
                self._apply(action)
            except TidegateError as error:
                log.warning("%s: %s", type(action).__name__, error)
        self._platform.leases.sweep(self._clock.now() - SWEEP_AFTER_S)
        return len(actions)

    def observe(self) -> World:
        """Everything that the planner looks at."""
        now = self._clock.now()
        endpoints = self._platform.endpoints.list()
        fresh = tuple(one for one in self._platform.leases.list() if one.expires_at > now)
        return World(
            endpoints=endpoints,
            residents=self._platform.residents.list(),
            leases=fresh,
            apps=self._orchestrator.observe(),
            versions={str(ref): self._resolve(ref) for ref in references(endpoints)},
            now=now,
            pools=self._platform.pools.list(),
            traffic=self._platform.traffic.list(now - _look_back_s(endpoints)),
        )

    def _resolve(self, ref: ModelRef) -> Resolution:
        try:
            return self._catalogue.resolve(ref)
        except TidegateError as error:
            return error

    def _apply(self, action: Action) -> None:
        match action:
            case StartApp(resident):
                self._start(resident)
            case StartPool(spec):
                self._orchestrator.start_pool(spec)
            case StopApp(resident_id):
                self._orchestrator.stop(resident_id)
            case MarkEndpoint(endpoint, state, reason):
                if self._platform.endpoints.mark(endpoint, state, reason):
                    told = f"{state.value}: {reason}" if reason else state.value
                    self._tell(endpoint.name, told)
            case RemoveEndpoint(endpoint):
                if self._platform.endpoints.remove(endpoint):
                    self._tell(endpoint, "deleted")
            case _:
                self._record(action)

    def _start(self, resident: Resident) -> None:
        try:
            outfit = self._outfitter.fit(resident)
        except RuntimeUnavailable as error:
            self._platform.residents.mark(resident.id, ResidentState.FAILED, str(error))
            return
        if outfit.is_ready:
            self._orchestrator.start(resident, outfit.folder)
            self._platform.residents.respec(resident.id, resident.spec)

    def _record(self, action: ResidentAction) -> None:
        residents = self._platform.residents
        match action:
            case AddResident(resident, now):
                residents.add(replace(resident, created_at=now))
                told = f"loading {resident.model}:{resident.version} as variant {resident.variant}"
                self._tell(resident.endpoint, told)
            case PromoteResident(resident, retire_at):
                residents.promote(resident, retire_at)
                told = f"variant {resident.variant} answers from version {resident.version}"
                self._tell(resident.endpoint, told)
            case ShiftTraffic(resident, share, step, now):
                residents.shift(resident.id, share, step, now)
                told = f"version {resident.version} takes {share:.0%} of variant {resident.variant}"
                self._tell(resident.endpoint, told)
            case DrainResident(resident_id):
                residents.mark(resident_id, ResidentState.DRAINING)
            case FailResident(resident_id, reason):
                residents.mark(resident_id, ResidentState.FAILED, reason)
            case RemoveResident(resident_id):
                residents.remove(resident_id)

    def _tell_changes(self, world: World) -> None:
        now = call_roll(world.leases)
        if self._present is not None:
            for change in compare(self._present, now, world.residents):
                self._tell(change.endpoint, change.message)
        self._present = now

    def _tell(self, endpoint: str, message: str) -> None:
        log.info("endpoint %s: %s", endpoint, message)
        self._platform.events.add(Event(self._clock.now(), "endpoint", endpoint, message))


def _look_back_s(endpoints: Iterable[Endpoint]) -> float:
    """How far back the planner looks at the traffic: a step of a rollout, or until a variant is idle."""
    scaled = (
        variant.autoscaling.idle_s
        for endpoint in endpoints
        for variant in endpoint.spec.variants
        if variant.autoscaling is not None
    )
    steps = (endpoint.spec.rollout.step_s for endpoint in endpoints)
    return max((*scaled, *steps), default=0.0) + 2 * SPAN_S
