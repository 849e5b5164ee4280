"""What is planned for pools, and for residents that live in one. Pure."""

from collections.abc import Iterator

from core.pool import read_pool
from registry.records import Endpoint, Resident, ResidentState
from serving.action import Action, AddResident, FailResident, RemoveResident, StartPool, StopApp
from serving.orchestrator import AppState
from serving.rollout import plan_canary, take_over
from serving.world import World


def plan_pools(world: World) -> Iterator[Action]:
    """Start what is wanted; what it replaces goes when all replicas of its successor answer."""
    wanted = {pool.spec.app: pool.spec for pool in world.pools}
    for app, spec in wanted.items():
        known = world.apps.get(app)
        if known is None:
            yield StartPool(spec)
        elif known.state is AppState.FAILED and not world.answering(app):
            # Its fault is the cluster's, since a pool loads nothing to start: begin again.
            yield StopApp(app)
    waiting = {spec.name for app, spec in wanted.items() if world.answering(app) < spec.replicas}
    for app, state in world.apps.items():
        name = read_pool(app)
        is_over = name is not None and app not in wanted and name not in waiting
        if is_over and state.state is not AppState.STOPPING:
            yield StopApp(app)


def plan_pooled(
    endpoint: Endpoint, wanted: Resident, mine: tuple[Resident, ...], world: World
) -> Iterator[Action]:
    """The next action for a resident that a pool's replicas load."""
    known = next((one for one in mine if one.id == wanted.id), None)
    live = next((one for one in mine if one.state is ResidentState.LIVE), None)
    if known is None:
        yield AddResident(wanted, world.now)
        return
    match known.state:
        case ResidentState.FAILED if endpoint.updated_at <= known.created_at:
            return
        case ResidentState.FAILED | ResidentState.DRAINING:
            yield RemoveResident(known.id)
        case ResidentState.STARTING if world.answering(known.id):
            yield take_over(endpoint, known, live, world)
        case ResidentState.STARTING if known.reason:
            yield FailResident(known.id, known.reason)
        case ResidentState.RETIRED:
            # It has answered before: it is loaded again when it is asked.
            yield take_over(endpoint, known, live, world)
        case ResidentState.CANARY:
            yield from plan_canary(endpoint, known, live, world)
