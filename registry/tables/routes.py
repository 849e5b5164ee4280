"""Routes: what is public."""

from sqlalchemy import delete, insert, select

from core.errors import NotFound
from core.route import RouteSpec
from registry.database import Database
from registry.records import Route
from registry.schema import routes


class RouteTable:
    """Routes by public name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def apply(self, spec: RouteSpec, now: float) -> Route:
        """Publish a route, in place of the one of the same name."""
        with self._database.write() as connection:
            connection.execute(delete(routes).where(routes.c.name == spec.name))
            connection.execute(
                insert(routes).values(
                    name=spec.name, spec=spec.model_dump(mode="json"), created_at=now
                )
            )
        return Route(spec, now)

    def list(self) -> tuple[Route, ...]:
        """All routes by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(routes).order_by(routes.c.name)).all()
        return tuple(Route(RouteSpec.model_validate(row.spec), row.created_at) for row in rows)

    def remove(self, name: str) -> None:
        """Take a route back: the endpoint is private again. Raises NotFound."""
        with self._database.write() as connection:
            gone = connection.execute(delete(routes).where(routes.c.name == name))
            if gone.rowcount == 0:
                raise NotFound("route", name)
