"""What is public, as one value."""

from typing import Any

import pytest

from core.errors import InvalidSpec
from core.exposure import Exposure
from core.issuer import IssuerSpec
from core.plan import PlanSpec
from core.route import RouteSpec

ROUTE = {"name": "flowers", "endpoint": "iris"}
PLAN = {"name": "gold", "rate": 1}


def test_one_thing_is_changed_in_its_place() -> None:
    exposure = Exposure.read({"routes": [ROUTE], "plans": [PLAN]})
    planned = exposure.with_route(RouteSpec(**ROUTE, plan="gold"))
    assert [route.plan for route in planned.routes] == ["gold"]
    assert exposure.with_plan(PlanSpec(name="a", rate=1)).plans[0].name == "a"
    issuer = IssuerSpec(name="corp", issuer="https://corp", audiences=("us",))
    assert exposure.with_issuer(issuer).without_issuer("corp") == exposure
    assert planned.without_routes(lambda route: route.endpoint == "iris").routes == ()
    assert exposure.without_plan("gold").plans == ()


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"routes": [ROUTE, ROUTE]}, "stands twice"),
        ({"plans": [PLAN, PLAN]}, "stands twice"),
        ({"routes": [{**ROUTE, "total": "gold"}]}, "no plan 'gold'"),
        ({"routes": [{**ROUTE, "auth": "jwt"}]}, "tokens need an issuer"),
        ({"routes": [{**ROUTE, "issuers": ["corp"]}]}, "no issuer 'corp'"),
        ({"routes": [{**ROUTE, "path": "/a"}, {**ROUTE, "name": "b", "path": "/a"}]}, "one path"),
    ],
)
def test_what_does_not_hold_together_is_refused(document: Any, told: str) -> None:
    with pytest.raises(InvalidSpec, match=told):
        Exposure.read(document)
