"""The planner: what to do next so that the cluster becomes what people want. Pure.

Applying the plan and observing again leads to the wanted state, where the plan is empty. A live resident
is never stopped while it is wanted, or before its successor answers.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from core.endpoint import VariantSpec
from core.errors import TidegateError
from core.refs import EndpointName, ModelRef, ResidentId, VariantName
from registry.catalogue import Version
from registry.records import Endpoint, EndpointState, Lease, Resident, ResidentState, Role
from serving.action import (
    Action,
    AddResident,
    DrainResident,
    FailResident,
    MarkEndpoint,
    PromoteResident,
    RemoveEndpoint,
    RemoveResident,
    StartApp,
    StopApp,
)
from serving.explainer import is_explained, sign_explanation
from serving.orchestrator import App, AppState

Resolution = Version | TidegateError


@dataclass(frozen=True, slots=True)
class World:
    """What was observed: the tables, the fresh leases, the cluster, and what each reference means."""

    endpoints: tuple[Endpoint, ...]
    residents: tuple[Resident, ...]
    leases: tuple[Lease, ...]
    apps: Mapping[ResidentId, App]
    versions: Mapping[str, Resolution]
    now: float

    def residents_of(self, endpoint: EndpointName) -> tuple[Resident, ...]:
        """The endpoint's residents."""
        return tuple(known for known in self.residents if known.endpoint == endpoint)

    def answering(self, resident: ResidentId) -> int:
        """How many replicas answer for the resident."""
        return sum(lease.resident == resident for lease in self.leases)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one variant stands, for the endpoint's own state."""

    state: EndpointState
    reason: str = ""


def plan(world: World) -> tuple[Action, ...]:
    """The next actions, in the order to apply them."""
    actions: list[Action] = []
    for endpoint in world.endpoints:
        if endpoint.state is EndpointState.DELETING:
            actions += _plan_deletion(endpoint, world)
        else:
            actions += _plan_endpoint(endpoint, world)
    actions += _plan_orphans(world)
    return tuple(actions)


def want_resident(endpoint: Endpoint, variant: VariantSpec, version: Version) -> Resident:
    """The resident that a variant asks for. Its id covers all that a replica is started with."""
    started_with = {
        "digest": version.digest,
        "version": version.version,
        "resources": variant.resources.model_dump(mode="json"),
        "batching": variant.batching.model_dump(mode="json"),
        "options": variant.options,
    }
    written = json.dumps(started_with, sort_keys=True)
    content = hashlib.sha256(f"{endpoint.name}\n{variant.name}\n{written}".encode()).hexdigest()
    return Resident(
        id=ResidentId(f"{endpoint.name}-{variant.name}-{content[:12]}"),
        endpoint=endpoint.name,
        variant=VariantName(variant.name),
        model=version.model,
        version=version.version,
        spec=variant,
        signature=version.manifest.signature,
        platform=version.manifest.platform,
        location=version.location,
        digest=version.digest,
        state=ResidentState.STARTING,
    )


def want_explainer(endpoint: Endpoint, variant: VariantSpec, version: Version) -> Resident:
    """The resident that explains a variant's answers; one replica of it, whatever the variant has."""
    spec = variant.model_copy(update={"replicas": 1})
    predictor = want_resident(endpoint, spec, version)
    return replace(
        predictor,
        id=ResidentId(f"{predictor.id}-explainer"),
        signature=sign_explanation(version.manifest),
        role=Role.EXPLAINER,
    )


def references(endpoints: tuple[Endpoint, ...]) -> Iterator[ModelRef]:
    """Every reference that must be resolved before planning."""
    for endpoint in endpoints:
        for variant in endpoint.spec.variants:
            yield ModelRef.parse(variant.model)


def _plan_endpoint(endpoint: Endpoint, world: World) -> Iterator[Action]:
    residents = world.residents_of(endpoint.name)
    standings: list[Standing] = []
    for variant in endpoint.spec.variants:
        named = [known for known in residents if known.variant == variant.name]
        mine = tuple(known for known in named if known.role is Role.PREDICTOR)
        yield from _plan_variant(endpoint, variant, mine, world)
        standings.append(_stand(endpoint, variant, mine, world))
        explainers = tuple(known for known in named if known.role is Role.EXPLAINER)
        yield from _plan_explainer(endpoint, variant, explainers, world)
    names = {variant.name for variant in endpoint.spec.variants}
    # A variant that is no longer wanted goes on answering until those that are wanted all do.
    if all(one.state is EndpointState.READY for one in standings):
        for resident in residents:
            if resident.variant not in names:
                yield from _unload(resident, world)
    standing = max(standings, key=lambda one: _GRAVITY.index(one.state))
    if (standing.state, standing.reason) != (endpoint.state, endpoint.reason):
        yield MarkEndpoint(endpoint, standing.state, standing.reason)


_GRAVITY = (
    EndpointState.READY,
    EndpointState.UPDATING,
    EndpointState.CREATING,
    EndpointState.DEGRADED,
    EndpointState.FAILED,
)


def _plan_variant(
    endpoint: Endpoint, variant: VariantSpec, mine: tuple[Resident, ...], world: World
) -> Iterator[Action]:
    version = world.versions[variant.model]
    if isinstance(version, TidegateError):
        # What cannot be resolved changes nothing: whatever is live stays.
        yield from _keep_others(None, mine, world)
        return
    yield from _plan_resident(endpoint, want_resident(endpoint, variant, version), mine, world)


def _plan_explainer(
    endpoint: Endpoint, variant: VariantSpec, mine: tuple[Resident, ...], world: World
) -> Iterator[Action]:
    """One replica that explains, beside the variant's own, where its package asks for that."""
    version = world.versions[variant.model]
    if isinstance(version, TidegateError):
        yield from _keep_others(None, mine, world)
    elif is_explained(version.manifest):
        yield from _plan_resident(endpoint, want_explainer(endpoint, variant, version), mine, world)
    else:
        for resident in mine:
            yield from _unload(resident, world)


def _plan_resident(
    endpoint: Endpoint, wanted: Resident, mine: tuple[Resident, ...], world: World
) -> Iterator[Action]:
    known = next((one for one in mine if one.id == wanted.id), None)
    if known is None:
        yield AddResident(wanted, world.now)
        yield StartApp(wanted)
    else:
        yield from _plan_wanted(endpoint, wanted.spec, known, world)
    yield from _keep_others(wanted.id, mine, world)


def _plan_wanted(
    endpoint: Endpoint, variant: VariantSpec, known: Resident, world: World
) -> Iterator[Action]:
    app = world.apps.get(known.id)
    answering = world.answering(known.id)
    match known.state:
        case ResidentState.FAILED if endpoint.updated_at <= known.created_at:
            yield from _stop(known, app)
        case ResidentState.FAILED | ResidentState.DRAINING:
            # Applied again, or wanted back while it was on its way out: begin anew once it is gone.
            yield from _unload(known, world)
        case _ if app is None:
            yield StartApp(_with_replicas(known, variant))
        case ResidentState.LIVE if app.state is AppState.FAILED and not answering:
            # It has answered before, so the fault is the cluster's or a passing one: begin again.
            yield from _stop(known, app)
        case _ if app.state is AppState.FAILED and not answering:
            yield FailResident(known.id, known.reason or _last_line(app.message))
        case _ if known.spec.replicas != variant.replicas:
            yield StartApp(_with_replicas(known, variant))
        case ResidentState.STARTING | ResidentState.RETIRED if answering >= variant.replicas:
            yield PromoteResident(known, world.now + endpoint.spec.retain_s)


def _keep_others(
    wanted: ResidentId | None, mine: tuple[Resident, ...], world: World
) -> Iterator[Action]:
    for resident in mine:
        if resident.id == wanted:
            continue
        app = world.apps.get(resident.id)
        match resident.state:
            case ResidentState.LIVE:
                if app is None:
                    yield StartApp(resident)
            case ResidentState.RETIRED if app and (resident.retire_at or 0) > world.now:
                pass
            case _ if wanted is not None or resident.state is not ResidentState.STARTING:
                yield from _unload(resident, world)


def _unload(resident: Resident, world: World) -> Iterator[Action]:
    app = world.apps.get(resident.id)
    if app is None:
        yield RemoveResident(resident.id)
        return
    if resident.state is not ResidentState.DRAINING:
        yield DrainResident(resident.id)
    yield from _stop(resident, app)


def _stop(resident: Resident, app: App | None) -> Iterator[Action]:
    if app is not None and app.state is not AppState.STOPPING:
        yield StopApp(resident.id)


def _plan_deletion(endpoint: Endpoint, world: World) -> Iterator[Action]:
    residents = world.residents_of(endpoint.name)
    for resident in residents:
        yield from _unload(resident, world)
    if not residents:
        yield RemoveEndpoint(endpoint.name)


def _plan_orphans(world: World) -> Iterator[Action]:
    """Applications that no resident stands for: left by a platform whose tables were lost."""
    known = {resident.id for resident in world.residents}
    for resident, app in world.apps.items():
        if resident not in known and app.state is not AppState.STOPPING:
            yield StopApp(resident)


def _stand(
    endpoint: Endpoint, variant: VariantSpec, mine: tuple[Resident, ...], world: World
) -> Standing:
    live = next((one for one in mine if one.state is ResidentState.LIVE), None)
    version = world.versions[variant.model]
    if isinstance(version, TidegateError):
        state = EndpointState.FAILED if live is None else EndpointState.DEGRADED
        return Standing(state, f"variant {variant.name}: {version}")
    wanted = want_resident(endpoint, variant, version)
    known = next((one for one in mine if one.id == wanted.id), None)
    if known is not None and known.state is ResidentState.FAILED:
        if live is None:
            return Standing(EndpointState.FAILED, f"variant {variant.name}: {known.reason}")
        kept = f"version {live.version} still serves; version {wanted.version} did not load"
        return Standing(EndpointState.DEGRADED, f"variant {variant.name}: {kept}: {known.reason}")
    answering = world.answering(wanted.id)
    if known is not None and known.state is ResidentState.LIVE:
        if answering >= variant.replicas:
            return Standing(EndpointState.READY)
        told = f"variant {variant.name}: {answering} of {variant.replicas} replicas answer"
        if known.reason and not answering:
            told = f"{told}: {known.reason}"
        return Standing(EndpointState.READY if answering else EndpointState.UPDATING, told)
    state = EndpointState.CREATING if live is None else EndpointState.UPDATING
    told = f"variant {variant.name}: loading version {wanted.version}"
    app = world.apps.get(wanted.id)
    if app is not None and app.state is AppState.STARTING and app.message:
        told = f"{told}: {' '.join(app.message.split())[:400]}"
    return Standing(state, told)


def _with_replicas(resident: Resident, variant: VariantSpec) -> Resident:

    return replace(resident, spec=variant)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:500] if lines else "the replica did not start; see its log"
