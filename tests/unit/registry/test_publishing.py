"""Publishing within one transaction."""

from core.route import RouteSpec
from registry.platform import Platform
from registry.publishing import Authored, edit_everywhere, find_stage, publish, read_deployment

ROUTE = RouteSpec(name="flowers", endpoint="iris")


def test_what_changes_nothing_makes_no_deployment(platform: Platform) -> None:
    with platform.database.write() as connection:
        first = publish(connection, "prod", lambda one: one.with_route(ROUTE), Authored(1.0))
        again = publish(connection, "prod", lambda one: one.with_route(ROUTE), Authored(2.0))
        edit_everywhere(connection, lambda one: one.without_plan("none"), Authored(3.0))
        stage = find_stage(connection, "prod")
        assert read_deployment(connection, 1) == first == again
    assert stage is not None
    assert (stage.deployment, stage.previous, stage.updated_at) == (1, None, 1.0)
