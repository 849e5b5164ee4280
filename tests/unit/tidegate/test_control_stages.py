"""Stages, deployments and plans by the control API."""

import pytest

from core.errors import Conflict, InvalidName, InvalidSpec, NotFound
from core.plan import PlanSpec
from tests.fakes.control import FakeControl

ROUTE = {"name": "flowers", "endpoint": "iris"}


@pytest.fixture
def deployed(control: FakeControl) -> FakeControl:
    """`iris` is an endpoint."""
    control.publish()
    control.client.endpoints.apply({"name": "iris", "variants": [{"model": "iris:1"}]})
    return control


def test_a_stage_exposes_exactly_what_it_is_told(deployed: FakeControl) -> None:
    stages = deployed.client.stages
    first = stages.publish("dev", {"routes": [ROUTE]}, "a try")
    assert (first.number, first.note, first.author) == (1, "a try", "admin")
    assert stages.publish("dev", {"routes": [ROUTE]}).number == 1
    assert stages.publish("dev", {}).number == 2
    assert [one.number for one in stages.deployments()] == [2, 1]
    assert stages.exposed("dev").exposure.routes == ()
    assert stages.roll_back("dev").deployment == 1
    assert stages.deployment(1) == first
    stages.remove("dev")
    assert stages.list() == ()


def test_what_cannot_be_is_refused(deployed: FakeControl) -> None:
    stages = deployed.client.stages
    with pytest.raises(NotFound, match="unknown endpoint"):
        stages.publish("dev", {"routes": [{"name": "a", "endpoint": "nope"}]})
    with pytest.raises(Conflict, match="no path begins with"):
        stages.publish("v2", {})
    with pytest.raises(InvalidName):
        stages.publish("a b", {})
    with pytest.raises(NotFound):
        stages.move("dev", 9)
    with pytest.raises(InvalidSpec, match="no plan 'gold'"):
        deployed.client.routes.apply({**ROUTE, "plan": "gold"})


def test_a_canary_is_promoted_or_aborted(deployed: FakeControl) -> None:
    stages = deployed.client.stages
    stages.publish("prod", {"routes": [ROUTE]})
    stages.publish("dev", {})
    with pytest.raises(Conflict, match="a canary"):
        stages.promote("prod")
    assert stages.move("prod", 2, share=0.1).canary == 2
    assert stages.abort("prod").canary is None
    stages.move("prod", 2, share=0.1)
    promoted = stages.promote("prod")
    assert (promoted.deployment, promoted.previous, promoted.canary) == (2, 1, None)
    assert stages.host("prod", ["api.example.com"]).hosts == ("api.example.com",)


def test_plans_are_published_with_their_stage(deployed: FakeControl) -> None:
    plans = deployed.client.plans
    assert plans.apply(PlanSpec(name="gold", rate=5)).spec.rate == 5
    deployed.client.routes.apply({**ROUTE, "plan": "gold"})
    assert deployed.client.routes.get("flowers").spec.plan == "gold"
    with pytest.raises(InvalidSpec, match="no plan 'gold'"):
        plans.remove("gold")
    deployed.client.routes.remove("flowers")
    key = deployed.client.keys.create("ann", plan="gold").key
    with pytest.raises(Conflict, match=key.id):
        plans.remove("gold")
    with pytest.raises(NotFound):
        plans.remove("none")
    assert [one.spec.name for one in plans.list()] == ["gold"]
    assert plans.list("dev") == ()
