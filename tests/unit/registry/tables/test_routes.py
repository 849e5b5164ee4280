"""Routes: what is public."""

import pytest

from core.errors import NotFound
from core.route import RouteSpec
from registry.platform import Platform
from registry.records import Route

SPEC = RouteSpec(name="flowers", endpoint="iris")


def test_a_route_is_published_in_place(platform: Platform) -> None:
    platform.routes.apply(SPEC, now=1.0)
    changed = SPEC.model_copy(update={"auth": ("anonymous",)})
    assert platform.routes.apply(changed, now=2.0) == Route(changed, 2.0)
    assert platform.routes.list() == (Route(changed, 2.0),)


def test_a_route_is_taken_back_once(platform: Platform) -> None:
    platform.routes.apply(SPEC, now=1.0)
    before = platform.database.generation()
    platform.routes.remove("flowers")
    assert platform.routes.list() == ()
    assert platform.database.generation() == before + 1
    with pytest.raises(NotFound):
        platform.routes.remove("flowers")
