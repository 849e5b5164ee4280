"""How a version that answers takes over its variant's traffic. Pure."""

from collections.abc import Iterator

from core.rollout import Seen, judge
from registry.records import Endpoint, Resident, ResidentState, Role
from serving.action import Action, FailResident, PromoteResident, ShiftTraffic
from serving.world import World


def take_over(endpoint: Endpoint, ready: Resident, live: Resident | None, world: World) -> Action:
    """How a version that answers begins to take the variant's traffic.

    One that was live until just now, or that nobody else's answer depends on, takes all of it at once.
    """
    rollout = endpoint.spec.rollout
    is_back = ready.state is ResidentState.RETIRED
    is_beside = ready.role is Role.EXPLAINER or ready.spec.shadow is not None
    if live is None or is_back or is_beside or not rollout.step_s:
        return PromoteResident(ready, world.now + endpoint.spec.retain_s)
    return ShiftTraffic(ready, rollout.shares[0], 0, world.now)


def plan_canary(
    endpoint: Endpoint, canary: Resident, live: Resident | None, world: World
) -> Iterator[Action]:
    """The next step of a rollout when its time has come; back to the live version if the guard breaks."""
    rollout = endpoint.spec.rollout
    since = canary.stepped_at or 0.0
    before = world.seen(live.id, since) if live is not None else Seen()
    fault = judge(rollout.guard, world.seen(canary.id, since), before)
    step = canary.step + 1
    if fault and live is not None:
        yield FailResident(canary.id, f"rolled back: {fault}")
    elif live is None or (world.now - since >= rollout.step_s and step >= len(rollout.shares)):
        yield PromoteResident(canary, world.now + endpoint.spec.retain_s)
    elif world.now - since >= rollout.step_s:
        yield ShiftTraffic(canary, rollout.shares[step], step, world.now)
