"""What the gateway knows, as one frozen value: who answers, what is public, which keys open it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.endpoint import EndpointSpec
from core.errors import EndpointNotFound
from core.exposure import DEFAULT_STAGE
from core.pool import read_pool
from core.refs import EndpointName, KeyId, ResidentId
from core.route import RouteSpec
from core.signing import Secret
from gateway.published import Published, StageView
from registry.platform import Platform
from registry.records import ApiKey, EndpointState, Lease, Resident, ResidentState, Role

_ANSWERING = (ResidentState.LIVE, ResidentState.CANARY)


@dataclass(frozen=True, slots=True)
class Served:
    """An endpoint that answers: its live residents with their weights.

    A version that is rolled out is among them, with its share of its variant's weight. `others` are live
    too and have no weight: only who names their variant or version is answered by them. `explainers` say
    how answers came about, `shadows` get copies and answer nobody. `unexplained` says by variant why its
    explainer did not start.
    """

    spec: EndpointSpec
    residents: tuple[Resident, ...]
    weights: tuple[float, ...]
    others: tuple[Resident, ...] = ()
    explainers: tuple[Resident, ...] = ()
    shadows: tuple[Resident, ...] = ()
    unexplained: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pooled:
    """A pool's replicas, and how busy those with a model may be before one more loads it."""

    leases: tuple[Lease, ...]
    spread_at: int


@dataclass(frozen=True, slots=True)
class Directory:
    """One consistent reading of the tables. Everything a request needs is one look-up away."""

    generation: int = 0
    endpoints: Mapping[EndpointName, Served] = field(default_factory=dict)
    stages: Mapping[str, StageView] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[KeyId, ApiKey] = field(default_factory=dict)
    leases: Mapping[ResidentId, tuple[Lease, ...]] = field(default_factory=dict)
    secret: Secret | None = None
    pools: Mapping[str, Pooled] = field(default_factory=dict)

    def find_leases(self, resident: Resident) -> tuple[Lease, ...]:
        """Who answers for the resident, or will once it has loaded the model."""
        leases = self.leases.get(resident.id, ())
        pool = None if leases else self.pools.get(resident.spec.pool or "")
        return leases if pool is None else pool.leases

    @property
    def routes(self) -> Mapping[str, RouteSpec]:
        """Those of the stage that paths without a stage lead to."""
        stage = self.stages.get(DEFAULT_STAGE)
        return {} if stage is None else stage.live.routes

    def find_stage(self, name: str, host: str) -> StageView | None:
        """The stage that a request names, else the one that its host leads to, else the default one."""
        return self.stages.get(name or self.hosts.get(host, DEFAULT_STAGE))

    def serve(self, endpoint: str) -> Served:
        """The endpoint of this name; raises EndpointNotFound."""
        served = self.endpoints.get(EndpointName(endpoint))
        if served is None:
            raise EndpointNotFound(endpoint)
        return served


def read_directory(platform: Platform, now: float) -> Directory:
    """Read the tables. The generation is read first, so that a write in between is seen next time."""
    generation = platform.database.generation()
    residents = platform.residents.list()
    endpoints = {
        endpoint.name: _serve(endpoint.spec, residents)
        for endpoint in platform.endpoints.list()
        if endpoint.state is not EndpointState.DELETING
    }
    leases: dict[ResidentId, tuple[Lease, ...]] = {}
    for lease in platform.leases.list():
        if lease.expires_at > now:
            leases[lease.resident] = (*leases.get(lease.resident, ()), lease)
    pools = {
        pool.spec.name: Pooled(_find_pool(pool.spec.name, leases), pool.spec.spread_at)
        for pool in platform.pools.list()
    }
    stages, hosts = read_stages(platform)
    return Directory(
        generation=generation,
        endpoints=endpoints,
        stages=stages,
        hosts=hosts,
        keys={key.id: key for key in platform.keys.list()},
        leases=leases,
        secret=next(iter(platform.secrets.list(now)), None),
        pools=pools,
    )


def read_stages(platform: Platform) -> tuple[dict[str, StageView], dict[str, str]]:
    """The stages by name, and the names of those that a host leads to."""
    stages: dict[str, StageView] = {}
    hosts: dict[str, str] = {}
    for stage, live, canary in platform.stages.published():
        stages[stage.name] = StageView(
            stage.name,
            Published.of(live.exposure, live.number),
            None if canary is None else Published.of(canary.exposure, canary.number),
            stage.share,
        )
        hosts |= dict.fromkeys(stage.hosts, stage.name)
    return stages, hosts


def _find_pool(name: str, leases: Mapping[ResidentId, tuple[Lease, ...]]) -> tuple[Lease, ...]:
    """The replicas of a pool; while it is replaced, those of both its applications."""
    return tuple(one for app, mine in leases.items() if read_pool(app) == name for one in mine)


def _serve(spec: EndpointSpec, residents: tuple[Resident, ...]) -> Served:
    known = tuple(one for one in residents if one.endpoint == spec.name and one.state in _ANSWERING)
    explainers = tuple(one for one in known if one.role is Role.EXPLAINER)
    predictors = tuple(one for one in known if one.role is Role.PREDICTOR)
    shadowing = {variant.name for variant in spec.variants if variant.shadow is not None}
    shadows = tuple(one for one in predictors if one.variant in shadowing)
    answering = tuple(one for one in predictors if one.variant not in shadowing)
    weights = weigh(spec, answering)
    wanted = tuple(one for one in answering if weights[one.id] > 0)
    if not wanted:
        # The wanted variants are still loading: those that they replace answer until then.
        names = {variant.name for variant in spec.variants}
        replaced = tuple(one for one in answering if one.variant not in names)
        return Served(spec, replaced, (1.0,) * len(replaced))
    names = {variant.name for variant in spec.variants}
    others = tuple(one for one in answering if not weights[one.id] and one.variant in names)
    shares = tuple(weights[one.id] for one in wanted)
    unexplained = {
        str(one.variant): one.reason
        for one in residents
        if one.endpoint == spec.name
        and one.role is Role.EXPLAINER
        and one.state is ResidentState.FAILED
    }
    return Served(spec, wanted, shares, others, explainers, shadows, unexplained)


def weigh(spec: EndpointSpec, residents: tuple[Resident, ...]) -> dict[ResidentId, float]:
    """The weight of each resident: its variant's, split by share while a canary takes part of it."""
    weights = {variant.name: variant.weight for variant in spec.variants}
    canaries = {one.variant: one.share for one in residents if one.state is ResidentState.CANARY}
    found: dict[ResidentId, float] = {}
    for one in residents:
        taken = canaries.get(one.variant, 0.0)
        share = one.share if one.state is ResidentState.CANARY else 1.0 - taken
        found[one.id] = weights.get(one.variant, 0.0) * share
    return found
