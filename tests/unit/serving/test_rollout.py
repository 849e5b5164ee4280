from dataclasses import replace

from core.endpoint import EndpointSpec, Shadow
from registry.records import ResidentState, Role
from serving.action import PromoteResident, ShiftTraffic
from serving.rollout import plan_canary, take_over
from serving.wish import want_resident
from serving.world import World
from tests.unit.serving.worlds import NOW, make_endpoint, make_version

STEPS = {"strategy": "linear", "step_share": 0.5, "step_s": 10}
SPEC = EndpointSpec.read({"name": "iris", "variants": [{"model": "iris@live"}], "rollout": STEPS})
IRIS = replace(make_endpoint(), spec=SPEC)
OLD, NEW = (want_resident(IRIS, SPEC.variants[0], make_version(n)) for n in (1, 2))
LIVE = replace(OLD, state=ResidentState.LIVE)
WORLD = World((IRIS,), (), (), {}, {}, NOW)


def test_beside_a_live_version_a_new_one_begins_with_its_first_step() -> None:
    assert take_over(IRIS, NEW, LIVE, WORLD) == ShiftTraffic(NEW, 0.5, 0, NOW)


def test_what_nobody_depends_on_takes_over_at_once() -> None:
    shadow = replace(NEW, spec=NEW.spec.model_copy(update={"shadow": Shadow()}))
    for ready in (replace(NEW, role=Role.EXPLAINER), shadow):
        assert isinstance(take_over(IRIS, ready, LIVE, WORLD), PromoteResident)
    assert isinstance(take_over(IRIS, NEW, None, WORLD), PromoteResident)


def test_steps_follow_each_other_until_the_new_one_is_live() -> None:
    first = replace(NEW, state=ResidentState.CANARY, share=0.5, step=0, stepped_at=NOW - 10)
    assert list(plan_canary(IRIS, first, LIVE, WORLD)) == [ShiftTraffic(first, 1.0, 1, NOW)]
    last = replace(first, share=1.0, step=1)
    assert list(plan_canary(IRIS, last, LIVE, WORLD)) == [
        PromoteResident(last, NOW + SPEC.retain_s)
    ]
    assert list(plan_canary(IRIS, replace(last, stepped_at=NOW), LIVE, WORLD)) == []
