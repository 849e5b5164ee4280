"""Routes: what is public. Each change publishes a deployment of its stage."""

from typing import Annotated

from fastapi import APIRouter, Query

from core.clock import Clock
from core.errors import NotFound
from core.exposure import DEFAULT_STAGE, Exposure
from core.route import RouteSpec
from registry.platform import Platform
from tidegate.control.actor import Actor
from tidegate.control.documents import Listing
from tidegate.control.naming import require_same
from tidegate.control.papers import RouteDocument
from tidegate.control.routers.stages import check_stage, require_endpoints

Stage = Annotated[str, Query(max_length=63)]


class RouteOperations:
    """The operations on routes."""

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self._platform, self._clock = platform, clock

    def list(self, stage: Stage = DEFAULT_STAGE) -> Listing[RouteDocument]:
        """All routes of a stage by name."""
        found = self._platform.routes.list(stage)
        return Listing(items=tuple(RouteDocument.of(route) for route in found))

    def get(self, name: str, stage: Stage = DEFAULT_STAGE) -> RouteDocument:
        """One route; raises NotFound."""
        for route in self._platform.routes.list(stage):
            if route.spec.name == name:
                return RouteDocument.of(route)
        raise NotFound("route", name)

    def apply(
        self, name: str, spec: RouteSpec, actor: Actor, stage: Stage = DEFAULT_STAGE
    ) -> RouteDocument:
        """Publish an endpoint under a name; gateways follow within their poll interval.

        Raises NotFound without the endpoint, Conflict while it is on its way out, InvalidSpec for a plan or
        an issuer that the stage has not got.
        """
        require_same("RouteSpec", name, spec.name)
        check_stage(stage)
        bare = spec.model_copy(
            update={"plan": None, "total": None, "issuers": (), "auth": ("api_key",)}
        )
        require_endpoints(self._platform, Exposure(routes=(bare,)))
        now = self._clock.now()
        return RouteDocument.of(self._platform.routes.apply(spec, now, stage, actor))

    def remove(self, name: str, actor: Actor, stage: Stage = DEFAULT_STAGE) -> None:
        """Take a route back: the endpoint is private again."""
        self._platform.routes.remove(name, self._clock.now(), stage, actor)


def build_router(operations: RouteOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(prefix="/routes", tags=["routes"])
    router.add_api_route("", operations.list, methods=["GET"])
    router.add_api_route("/{name}", operations.get, methods=["GET"])
    router.add_api_route("/{name}", operations.apply, methods=["PUT"])
    router.add_api_route("/{name}", operations.remove, methods=["DELETE"], status_code=204)
    return router
