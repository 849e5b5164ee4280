"""The client's calls about routes."""

from collections.abc import Mapping
from typing import Any

from core.exposure import DEFAULT_STAGE
from core.route import RouteSpec
from tidegate.client.connection import Connection
from tidegate.control.papers import RouteDocument


class Routes:
    """What is public. Each change publishes a deployment of its stage."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def apply(
        self, spec: RouteSpec | Mapping[str, Any], stage: str = DEFAULT_STAGE
    ) -> RouteDocument:
        """Publish a route, in place of the one of the same name; raises NotFound."""
        wanted = spec if isinstance(spec, RouteSpec) else RouteSpec.read(spec)
        body = wanted.model_dump(mode="json")
        query = {"stage": stage}
        return self._connection.put(RouteDocument, "routes", wanted.name, body=body, query=query)

    def get(self, name: str, stage: str = DEFAULT_STAGE) -> RouteDocument:
        """One route; raises NotFound."""
        return self._connection.get(RouteDocument, "routes", name, query={"stage": stage})

    def list(self, stage: str = DEFAULT_STAGE) -> tuple[RouteDocument, ...]:
        """All routes of a stage."""
        return self._connection.list(RouteDocument, "routes", query={"stage": stage})

    def remove(self, name: str, stage: str = DEFAULT_STAGE) -> None:
        """Take a route back; raises NotFound."""
        self._connection.delete("routes", name, query={"stage": stage})
