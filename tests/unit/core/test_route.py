import pytest

from core.errors import InvalidSpec
from core.route import RouteSpec


def test_a_route_asks_for_a_key_unless_it_says_otherwise() -> None:
    assert RouteSpec.read({"name": "iris", "endpoint": "iris"}).auth == "api_key"


def test_a_route_offers_known_operations_only() -> None:
    with pytest.raises(InvalidSpec, match="operations"):
        RouteSpec.read({"name": "iris", "endpoint": "iris", "operations": ["unload"]})
