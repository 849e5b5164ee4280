"""Routes of one stage: each change publishes a deployment."""

from core.errors import NotFound
from core.exposure import DEFAULT_STAGE
from core.route import RouteSpec
from registry.database import Database
from registry.publishing import Authored, find_stage, publish, read_deployment
from registry.records import Route


class RouteTable:
    """Routes by public name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def apply(
        self, spec: RouteSpec, now: float, stage: str = DEFAULT_STAGE, author: str = "platform"
    ) -> Route:
        """Publish a route, in place of the one of the same name."""
        authored = Authored(now, author, f"route {spec.name}")
        with self._database.write() as connection:
            publish(connection, stage, lambda exposure: exposure.with_route(spec), authored)
        return Route(spec, now)

    def list(self, stage: str = DEFAULT_STAGE) -> tuple[Route, ...]:
        """All routes of a stage by name, with the time when their deployment was published."""
        with self._database.read() as connection:
            found = find_stage(connection, stage)
            if found is None:
                return ()
            deployment = read_deployment(connection, found.deployment)
        return tuple(
            Route(spec, deployment.created_at)
            for spec in sorted(deployment.exposure.routes, key=lambda spec: spec.name)
        )

    def remove(
        self, name: str, now: float = 0.0, stage: str = DEFAULT_STAGE, author: str = "platform"
    ) -> None:
        """Take a route back: the endpoint is private again. Raises NotFound."""
        if all(route.spec.name != name for route in self.list(stage)):
            raise NotFound("route", name)
        authored = Authored(now, author, f"no route {name}")
        with self._database.write() as connection:
            publish(
                connection,
                stage,
                lambda exposure: exposure.without_routes(lambda route: route.name == name),
                authored,
            )
