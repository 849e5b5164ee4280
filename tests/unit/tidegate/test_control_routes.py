import pytest

from core.errors import Conflict, NotFound
from core.route import RouteSpec
from tests.fakes.control import FakeControl


def test_a_route_is_published_and_taken_back(control: FakeControl) -> None:
    control.publish()
    control.client.endpoints.apply({"name": "iris", "variants": [{"model": "iris:1"}]})
    route = control.client.routes.apply(RouteSpec(name="flowers", endpoint="iris"))
    assert route.spec.auth == ("api_key",)
    assert control.client.routes.list() == (route,)
    control.client.routes.remove("flowers")
    assert control.client.routes.list() == ()


def test_a_route_leads_to_an_endpoint_that_is_there(control: FakeControl) -> None:
    with pytest.raises(NotFound, match="unknown endpoint"):
        control.client.routes.apply({"name": "flowers", "endpoint": "iris"})


def test_a_route_that_is_not_there_cannot_be_taken_back(control: FakeControl) -> None:
    with pytest.raises(NotFound):
        control.client.routes.remove("flowers")


def test_an_endpoint_on_its_way_out_gets_no_route(control: FakeControl) -> None:
    control.publish()
    control.client.endpoints.apply({"name": "iris", "variants": [{"model": "iris:1"}]})
    control.client.endpoints.remove("iris")
    with pytest.raises(Conflict, match="deleting"):
        control.client.routes.apply({"name": "flowers", "endpoint": "iris"})
