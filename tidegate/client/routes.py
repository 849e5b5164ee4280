"""The client's calls about routes."""

from collections.abc import Mapping
from typing import Any

from core.route import RouteSpec
from tidegate.client.connection import Connection
from tidegate.control.documents import RouteDocument


class Routes:
    """What is public."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def apply(self, spec: RouteSpec | Mapping[str, Any]) -> RouteDocument:
        """Publish a route, in place of the one of the same name; raises NotFound."""
        wanted = spec if isinstance(spec, RouteSpec) else RouteSpec.read(spec)
        body = wanted.model_dump(mode="json")
        return self._connection.put(RouteDocument, "routes", wanted.name, body=body)

    def list(self) -> tuple[RouteDocument, ...]:
        """All routes."""
        return self._connection.list(RouteDocument, "routes")

    def remove(self, name: str) -> None:
        """Take a route back; raises NotFound."""
        self._connection.delete("routes", name)
