"""The planner: what to do next so that the cluster becomes what people want. Pure.

Applying the plan and observing again leads to the wanted state, where the plan is empty. A live resident
is never stopped while it is wanted, or before its successor answers.
"""

from collections.abc import Iterator

from core.endpoint import VariantSpec
from core.errors import TidegateError
from core.pool import read_pool
from core.refs import ResidentId
from registry.records import Endpoint, EndpointState, Resident, ResidentState, Role
from serving.action import (
    Action,
    AddResident,
    DrainResident,
    FailResident,
    MarkEndpoint,
    RemoveEndpoint,
    RemoveResident,
    StartApp,
    StopApp,
)
from serving.explainer import is_explained
from serving.orchestrator import App, AppState
from serving.pooling import plan_pooled, plan_pools
from serving.rollout import plan_canary, take_over
from serving.scale import is_other_scale, scale
from serving.standing import GRAVITY, Standing, stand
from serving.wish import want_explainer, want_resident
from serving.world import World


def plan(world: World) -> tuple[Action, ...]:
    """The next actions, in the order to apply them."""
    actions: list[Action] = [*plan_pools(world)]
    for endpoint in world.endpoints:
        if endpoint.state is EndpointState.DELETING:
            actions += _plan_deletion(endpoint, world)
        else:
            actions += _plan_endpoint(endpoint, world)
    actions += _plan_orphans(world)
    return tuple(actions)


def _plan_endpoint(endpoint: Endpoint, world: World) -> Iterator[Action]:
    residents = world.residents_of(endpoint.name)
    standings: list[Standing] = []
    for variant in endpoint.spec.variants:
        named = [known for known in residents if known.variant == variant.name]
        mine = tuple(known for known in named if known.role is Role.PREDICTOR)
        yield from _plan_variant(endpoint, variant, mine, world)
        standings.append(stand(endpoint, variant, mine, world))
        explainers = tuple(known for known in named if known.role is Role.EXPLAINER)
        yield from _plan_explainer(endpoint, variant, explainers, world)
    names = {variant.name for variant in endpoint.spec.variants}
    answering = (
        standing.state is EndpointState.READY
        for variant, standing in zip(endpoint.spec.variants, standings, strict=True)
        if variant.shadow is None
    )
    # A variant that is no longer wanted goes on answering until those that are wanted all do.
    if all(answering):
        for resident in residents:
            if resident.variant not in names:
                yield from _unload(resident, world)
    standing = max(standings, key=lambda one: GRAVITY.index(one.state))
    if (standing.state, standing.reason) != (endpoint.state, endpoint.reason):
        yield MarkEndpoint(endpoint, standing.state, standing.reason)


def _plan_variant(
    endpoint: Endpoint, variant: VariantSpec, mine: tuple[Resident, ...], world: World
) -> Iterator[Action]:
    version = world.versions[variant.model]
    if isinstance(version, TidegateError):
        # What cannot be resolved changes nothing: whatever is live stays.
        yield from _keep_others(None, mine, world)
        return
    wanted = want_resident(endpoint, variant, version)
    if variant.pool is None:
        yield from _plan_resident(endpoint, wanted, mine, world)
    else:
        yield from plan_pooled(endpoint, wanted, mine, world)
        yield from _keep_others(wanted.id, mine, world)


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
        yield StartApp(scale(wanted, wanted.spec, world))
    else:
        scaled = scale(known, wanted.spec, world)
        live = next((one for one in mine if one.state is ResidentState.LIVE), None)
        yield from _plan_wanted(endpoint, scaled, known, live, world)
    yield from _keep_others(wanted.id, mine, world)


def _plan_wanted(
    endpoint: Endpoint, scaled: Resident, known: Resident, live: Resident | None, world: World
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
            yield StartApp(scaled)
        case ResidentState.LIVE if app.state is AppState.FAILED and not answering:
            # It has answered before, so the fault is the cluster's or a passing one: begin again.
            yield from _stop(known, app)
        case _ if app.state is AppState.FAILED and not answering:
            yield FailResident(known.id, known.reason or _last_line(app.message))
        case _ if is_other_scale(known.spec, scaled.spec):
            yield StartApp(scaled)
        case _:
            yield from _plan_running(endpoint, scaled, live, world)


def _plan_running(
    endpoint: Endpoint, known: Resident, live: Resident | None, world: World
) -> Iterator[Action]:
    """What comes next for a wanted version that runs: its part of the traffic, or more of it."""
    answering = world.answering(known.id)
    match known.state:
        case ResidentState.STARTING | ResidentState.RETIRED if answering >= known.spec.replicas:
            yield take_over(endpoint, known, live, world)
        case ResidentState.CANARY:
            yield from plan_canary(endpoint, known, live, world)


def _keep_others(
    wanted: ResidentId | None, mine: tuple[Resident, ...], world: World
) -> Iterator[Action]:
    for resident in mine:
        if resident.id == wanted:
            continue
        app = world.apps.get(resident.id)
        match resident.state:
            case ResidentState.LIVE:
                if app is None and resident.spec.pool is None:
                    yield StartApp(resident)
            case ResidentState.RETIRED if _is_kept(resident, world):
                pass
            case _ if wanted is not None or resident.state is not ResidentState.STARTING:
                yield from _unload(resident, world)


def _is_kept(retired: Resident, world: World) -> bool:
    is_there = retired.id in world.apps or retired.spec.pool is not None
    return is_there and (retired.retire_at or 0) > world.now


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
        if (
            resident not in known
            and read_pool(resident) is None
            and app.state is not AppState.STOPPING
        ):
            yield StopApp(resident)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:500] if lines else "the replica did not start; see its log"
