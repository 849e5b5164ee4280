"""Routes: what is public."""

from fastapi import APIRouter

from core.clock import Clock
from core.errors import Conflict
from core.refs import EndpointName
from core.route import RouteSpec
from registry.platform import Platform
from registry.records import EndpointState
from tidegate.control.documents import Listing, RouteDocument
from tidegate.control.naming import require_same


class RouteOperations:
    """The operations on routes."""

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self._platform, self._clock = platform, clock

    def list(self) -> Listing[RouteDocument]:
        """All routes by name."""
        found = self._platform.routes.list()
        return Listing(items=tuple(RouteDocument.of(route) for route in found))

    def apply(self, name: str, spec: RouteSpec) -> RouteDocument:
        """Publish an endpoint under a name; gateways follow within their poll interval.

        Raises NotFound without the endpoint, Conflict while it is on its way out.
        """
        require_same("RouteSpec", name, spec.name)
        endpoint = self._platform.endpoints.get(EndpointName(spec.endpoint))
        if endpoint.state is EndpointState.DELETING:
            raise Conflict("endpoint", endpoint.name, "one that stays", endpoint.state.value)
        return RouteDocument.of(self._platform.routes.apply(spec, self._clock.now()))

    def remove(self, name: str) -> None:
        """Take a route back: the endpoint is private again."""
        self._platform.routes.remove(name)


def build_router(operations: RouteOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(prefix="/routes", tags=["routes"])
    router.add_api_route("", operations.list, methods=["GET"])
    router.add_api_route("/{name}", operations.apply, methods=["PUT"])
    router.add_api_route("/{name}", operations.remove, methods=["DELETE"], status_code=204)
    return router
