"""Stages and their deployments."""

import pytest

from core.endpoint import EndpointSpec, VariantSpec
from core.errors import Conflict, InvalidSpec, NotFound
from core.exposure import Exposure
from core.plan import PlanSpec
from core.route import RouteSpec
from registry.platform import Platform
from registry.publishing import Authored

ROUTE = RouteSpec(name="flowers", endpoint="iris")
OTHER = RouteSpec(name="garden", endpoint="iris")


def publish(platform: Platform, *routes: RouteSpec, stage: str = "prod", now: float = 1.0) -> int:
    exposure = Exposure(routes=routes)
    return platform.stages.publish(stage, lambda _: exposure, Authored(now, "ann", "why")).number


def test_each_change_is_a_deployment_of_its_own(platform: Platform) -> None:
    assert publish(platform, ROUTE) == 1
    assert publish(platform, ROUTE, OTHER) == 2
    assert publish(platform, ROUTE, OTHER) == 2
    newest, oldest = platform.stages.deployments()
    assert (newest.number, newest.author, newest.note) == (2, "ann", "why")
    assert oldest.exposure.routes == (ROUTE,)


def test_a_stage_rolls_back_and_forth(platform: Platform) -> None:
    publish(platform, ROUTE)
    with pytest.raises(Conflict, match="earlier"):
        platform.stages.roll_back("prod", 2.0)
    publish(platform, OTHER)
    stage = platform.stages.roll_back("prod", 3.0)
    assert (stage.deployment, stage.previous, stage.updated_at) == (1, 2, 3.0)
    assert [route.spec for route in platform.routes.list()] == [ROUTE]
    assert platform.stages.roll_back("prod", 4.0).deployment == 2


def test_what_does_not_hold_together_is_not_published(platform: Platform) -> None:
    needy = RouteSpec(name="flowers", endpoint="iris", plan="gold")
    with pytest.raises(InvalidSpec, match="there is no plan 'gold'"):
        platform.stages.publish("prod", lambda exposure: exposure.with_route(needy), Authored(1.0))
    assert platform.stages.list() == ()


def test_a_canary_takes_a_share_until_something_is_published(platform: Platform) -> None:
    publish(platform, ROUTE)
    publish(platform, ROUTE, OTHER, stage="dev")
    stage = platform.stages.share("prod", 2, 0.25, 2.0)
    assert (stage.deployment, stage.canary, stage.share) == (1, 2, 0.25)
    ((_, _, none), (_, live, canary)) = platform.stages.published()
    assert (none, live.number, canary and canary.number) == (None, 1, 2)
    assert platform.stages.share("prod", None, 0.5, 2.0).share == 0.0
    platform.stages.share("prod", 2, 0.25, 2.0)
    platform.routes.apply(RouteSpec(name="third", endpoint="iris"), now=3.0)
    assert platform.stages.get("prod").canary is None


def test_a_stage_takes_another_ones_deployment(platform: Platform) -> None:
    number = publish(platform, ROUTE, stage="dev")
    assert platform.stages.move("prod", number, 2.0).deployment == number
    with pytest.raises(NotFound):
        platform.stages.move("prod", 99, 2.0)


def test_a_host_leads_to_one_stage(platform: Platform) -> None:
    publish(platform, ROUTE)
    publish(platform, ROUTE, stage="dev")
    assert platform.stages.host("dev", ("dev.example.com",), 2.0).hosts == ("dev.example.com",)
    with pytest.raises(Conflict, match="dev"):
        platform.stages.host("prod", ("dev.example.com",), 2.0)
    platform.stages.remove("dev")
    with pytest.raises(NotFound):
        platform.stages.get("dev")


def test_an_endpoint_that_goes_takes_its_routes_along_in_every_stage(platform: Platform) -> None:
    plans = (PlanSpec(name="gold", rate=1.0),)
    kept = Exposure(routes=(RouteSpec(name="r", endpoint="roses"),), plans=plans)
    both = kept.with_route(ROUTE)
    for stage in ("dev", "prod"):
        platform.stages.publish(stage, lambda _: both, Authored(1.0))
    platform.stages.share("prod", 1, 0.5, 1.0)
    variant = VariantSpec(name="main", model="flowers:1")
    platform.endpoints.apply(EndpointSpec(name="iris", variants=(variant,)), 2.0)
    found = platform.stages.published()
    assert [live.exposure for _, live, _ in found] == [kept, kept]
    canary = found[1][2]
    assert canary is not None
    assert (canary.exposure, found[1][0].share) == (kept, 0.5)
