"""What the gateway knows, as one frozen value: who answers, what is public, which keys open it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.endpoint import EndpointSpec
from core.errors import EndpointNotFound
from core.refs import EndpointName, KeyId, ResidentId
from core.route import RouteSpec
from core.signing import Secret
from registry.platform import Platform
from registry.records import ApiKey, EndpointState, Lease, Resident, ResidentState, Role


@dataclass(frozen=True, slots=True)
class Served:
    """An endpoint that answers: its live residents with their weights.

    `others` are live too and have no weight: only who names their variant or version is answered by them.
    `explainers` say how answers came about.
    """

    spec: EndpointSpec
    residents: tuple[Resident, ...]
    weights: tuple[float, ...]
    others: tuple[Resident, ...] = ()
    explainers: tuple[Resident, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """One consistent reading of the tables. Everything a request needs is one look-up away."""

    generation: int = 0
    endpoints: Mapping[EndpointName, Served] = field(default_factory=dict)
    routes: Mapping[str, RouteSpec] = field(default_factory=dict)
    keys: Mapping[KeyId, ApiKey] = field(default_factory=dict)
    leases: Mapping[ResidentId, tuple[Lease, ...]] = field(default_factory=dict)
    secret: Secret | None = None

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
    return Directory(
        generation=generation,
        endpoints=endpoints,
        routes={route.spec.name: route.spec for route in platform.routes.list()},
        keys={key.id: key for key in platform.keys.list()},
        leases=leases,
        secret=next(iter(platform.secrets.list(now)), None),
    )


def _serve(spec: EndpointSpec, residents: tuple[Resident, ...]) -> Served:
    weights = {variant.name: variant.weight for variant in spec.variants}
    live = tuple(
        resident
        for resident in residents
        if resident.endpoint == spec.name and resident.state is ResidentState.LIVE
    )
    explainers = tuple(one for one in live if one.role is Role.EXPLAINER)
    live = tuple(one for one in live if one.role is Role.PREDICTOR)
    wanted = tuple(one for one in live if weights.get(one.variant, 0.0) > 0)
    if wanted:
        others = tuple(one for one in live if weights.get(one.variant) == 0)
        return Served(
            spec, wanted, tuple(weights[one.variant] for one in wanted), others, explainers
        )
    # The wanted variants are still loading: those that they replace answer until then.
    replaced = tuple(one for one in live if one.variant not in weights)
    return Served(spec, replaced, (1.0,) * len(replaced))
