from dataclasses import replace

import pytest

from core.endpoint import VariantSpec
from registry.records import Resident, ResidentState, Traffic
from serving.scale import is_other_scale, scale
from serving.wish import want_resident
from serving.world import World
from tests.unit.serving.worlds import NOW, make_endpoint, make_version

IRIS = make_endpoint()
ASLEEP = VariantSpec.read(
    {"model": "iris@live", "autoscaling": {"min_replicas": 0, "max_replicas": 3, "idle_s": 60}}
)
FIXED = VariantSpec.read({"model": "iris@live", "replicas": 2})
LONG_AGO = NOW - 900


def make_resident(state: ResidentState = ResidentState.LIVE) -> Resident:
    found = want_resident(IRIS, ASLEEP, make_version(1))
    return replace(found, state=state, created_at=LONG_AGO)


def world(*traffic: Traffic) -> World:
    return World((IRIS,), (), (), {}, {}, NOW, traffic)


def test_without_autoscaling_the_number_is_the_specs() -> None:
    assert scale(make_resident(), FIXED, world()).spec == FIXED


@pytest.mark.parametrize(
    ("span", "replicas"), [(NOW - 10, 1), (NOW - 60, 1), (NOW - 100, 0), (0, 0)]
)
def test_nobody_asks_for_a_while_and_the_last_one_may_go(span: float, replicas: int) -> None:
    asked = Traffic("g", make_resident().id, int(span), requests=1)
    assert scale(make_resident(), ASLEEP, world(asked)).spec.replicas == replicas


def test_a_request_that_waits_wakes_it() -> None:
    waits = Traffic("g", make_resident().id, int(NOW - 3), waiting=1)
    assert scale(make_resident(), ASLEEP, world(waits)).spec.replicas == 1
    others = replace(waits, resident=want_resident(IRIS, ASLEEP, make_version(2)).id)
    assert scale(make_resident(), ASLEEP, world(others)).spec.replicas == 0


@pytest.mark.parametrize("state", [ResidentState.STARTING, ResidentState.CANARY])
def test_what_is_not_live_yet_must_show_that_it_answers(state: ResidentState) -> None:
    assert scale(make_resident(state), ASLEEP, world()).spec.replicas == 1


def test_a_scale_differs_by_its_bounds_too() -> None:
    assert not is_other_scale(ASLEEP, ASLEEP)
    assert is_other_scale(ASLEEP, ASLEEP.model_copy(update={"replicas": 0}))
    assert is_other_scale(FIXED, FIXED.model_copy(update={"autoscaling": ASLEEP.autoscaling}))
