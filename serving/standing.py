"""How a variant stands, in words for people. Pure."""

from dataclasses import dataclass, replace

from core.endpoint import VariantSpec
from core.errors import TidegateError
from registry.records import Endpoint, EndpointState, Resident, ResidentState
from serving.orchestrator import AppState
from serving.scale import scale
from serving.wish import want_resident
from serving.world import World

# An endpoint's state is the gravest of its variants'.
GRAVITY = (
    EndpointState.READY,
    EndpointState.UPDATING,
    EndpointState.CREATING,
    EndpointState.DEGRADED,
    EndpointState.FAILED,
)
# A shadow answers nobody: the endpoint is there without it.
_OF_SHADOWS = {
    EndpointState.FAILED: EndpointState.DEGRADED,
    EndpointState.CREATING: EndpointState.UPDATING,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one variant stands, for the endpoint's own state."""

    state: EndpointState
    reason: str = ""


def stand(
    endpoint: Endpoint, variant: VariantSpec, mine: tuple[Resident, ...], world: World
) -> Standing:
    """How the variant stands whose residents are `mine`."""
    found = _stand(endpoint, variant, mine, world)
    told = f"variant {variant.name}: {found.reason}" if found.reason else ""
    state = found.state if variant.shadow is None else _OF_SHADOWS.get(found.state, found.state)
    return replace(found, state=state, reason=told)


def _stand(
    endpoint: Endpoint, variant: VariantSpec, mine: tuple[Resident, ...], world: World
) -> Standing:
    live = next((one for one in mine if one.state is ResidentState.LIVE), None)
    version = world.versions[variant.model]
    if isinstance(version, TidegateError):
        state = EndpointState.FAILED if live is None else EndpointState.DEGRADED
        return Standing(state, str(version))
    wanted = want_resident(endpoint, variant, version)
    known = next((one for one in mine if one.id == wanted.id), wanted)
    match known.state:
        case ResidentState.FAILED:
            return _stand_failed(known, live)
        case ResidentState.LIVE:
            return _stand_live(known, variant, world)
        case ResidentState.CANARY:
            return _stand_canary(endpoint, known)
        case ResidentState.RETIRED:
            return Standing(EndpointState.UPDATING, f"going back to version {known.version}")
    state = EndpointState.CREATING if live is None else EndpointState.UPDATING
    return Standing(state, f"loading version {wanted.version}{_add_trouble(wanted, world)}")


def _stand_failed(failed: Resident, live: Resident | None) -> Standing:
    if live is None:
        return Standing(EndpointState.FAILED, failed.reason)
    # A canary that was called back says so itself.
    fault = "did not load" if failed.stepped_at is None else "did not keep to its guard"
    kept = f"version {live.version} still serves; version {failed.version} {fault}"
    return Standing(EndpointState.DEGRADED, f"{kept}: {failed.reason}")


def _stand_live(known: Resident, variant: VariantSpec, world: World) -> Standing:
    if variant.pool is not None:
        is_there = world.is_pool_there(variant.pool)
        told = "" if is_there else f"no replica of pool {variant.pool} answers"
        return Standing(EndpointState.READY if is_there else EndpointState.UPDATING, told)
    answering, least = world.answering(known.id), scale(known, variant, world).spec.replicas
    if answering >= least:
        return Standing(EndpointState.READY, "" if answering else "scaled to zero")
    told = f"{answering} of {least} replicas answer"
    if known.reason and not answering:
        told = f"{told}: {known.reason}"
    return Standing(EndpointState.READY if answering else EndpointState.UPDATING, told)


def _stand_canary(endpoint: Endpoint, canary: Resident) -> Standing:
    steps = len(endpoint.spec.rollout.shares)
    told = f"version {canary.version} takes {canary.share:.0%} of the traffic"
    return Standing(EndpointState.UPDATING, f"{told} (step {canary.step + 1} of {steps})")


def _add_trouble(wanted: Resident, world: World) -> str:
    app = world.apps.get(wanted.id)
    if app is None or app.state is not AppState.STARTING or not app.message:
        return ""
    return f": {' '.join(app.message.split())[:400]}"
