"""Stages and deployments: what is public, published as a whole, and moved back in one step."""

from fastapi import APIRouter, Query
from pydantic import Field

from core.clock import Clock
from core.errors import Conflict
from core.exposure import Exposure
from core.refs import EndpointName, check_name
from core.route import Host
from core.spec import Spec
from registry.platform import Platform
from registry.publishing import Authored
from registry.records import EndpointState
from tidegate.control.actor import Actor
from tidegate.control.documents import Listing
from tidegate.control.papers import DeploymentDocument, StageDocument

# Paths of the public listener begin so: no stage may be called that.
_TAKEN = ("v1", "v2", "endpoints", "docs", "api", "metrics")


class Publication(Spec):
    """What a stage is to expose, and why."""

    exposure: Exposure
    note: str = Field(default="", max_length=1000)


class Move(Spec):
    """Another deployment for a stage; a `share` below 1 gives it that part of the requests, as a canary."""

    deployment: int = Field(ge=1)
    share: float = Field(default=1.0, gt=0, le=1)


class Hosts(Spec):
    """The hosts that lead to a stage."""

    hosts: tuple[Host, ...] = Field(max_length=100)


class StageOperations:
    """The operations on stages."""

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self._platform, self._clock = platform, clock
        self._stages = platform.stages

    def list(self) -> Listing[StageDocument]:
        """All stages by name."""
        return Listing(items=tuple(StageDocument.of(one) for one in self._stages.list()))

    def get(self, name: str) -> StageDocument:
        """One stage."""
        return StageDocument.of(self._stages.get(name))

    def deployments(
        self, limit: int = Query(default=100, ge=1, le=1000)
    ) -> Listing[DeploymentDocument]:
        """The last deployments, newest first."""
        found = self._stages.deployments(limit)
        return Listing(items=tuple(DeploymentDocument.of(one) for one in found))

    def deployment(self, number: int) -> DeploymentDocument:
        """One deployment."""
        return DeploymentDocument.of(self._stages.deployment(number))

    def exposed(self, name: str) -> DeploymentDocument:
        """The deployment that a stage has."""
        stage = self._stages.get(name)
        return DeploymentDocument.of(self._stages.deployment(stage.deployment))

    def publish(self, name: str, wanted: Publication, actor: Actor) -> DeploymentDocument:
        """Let a stage, which is made where there is none, expose exactly this.

        The same deployment is answered where nothing changes. Raises NotFound for an unknown endpoint.
        """
        check_stage(name)
        require_endpoints(self._platform, wanted.exposure)
        authored = Authored(self._clock.now(), actor, wanted.note)
        made = self._stages.publish(name, lambda _now: wanted.exposure, authored)
        return DeploymentDocument.of(made)

    def move(self, name: str, wanted: Move) -> StageDocument:
        """Let a stage have a deployment that there is: wholly, or for a share of its requests."""
        check_stage(name)
        now = self._clock.now()
        if wanted.share < 1:
            return StageDocument.of(self._stages.share(name, wanted.deployment, wanted.share, now))
        return StageDocument.of(self._stages.move(name, wanted.deployment, now))

    def promote(self, name: str) -> StageDocument:
        """Let a stage's canary take all requests; raises Conflict without one."""
        stage = self._stages.get(name)
        if stage.canary is None:
            raise Conflict("stage", name, "a canary", "none")
        return StageDocument.of(self._stages.move(name, stage.canary, self._clock.now()))

    def abort(self, name: str) -> StageDocument:
        """End a stage's canary."""
        return StageDocument.of(self._stages.share(name, None, 0.0, self._clock.now()))

    def roll_back(self, name: str) -> StageDocument:
        """Let a stage have the deployment that it had before."""
        return StageDocument.of(self._stages.roll_back(name, self._clock.now()))

    def host(self, name: str, wanted: Hosts) -> StageDocument:
        """Let hosts lead to a stage."""
        return StageDocument.of(self._stages.host(name, wanted.hosts, self._clock.now()))

    def remove(self, name: str) -> None:
        """Nothing is public under a stage's name any more."""
        self._stages.remove(name)


def check_stage(name: str) -> None:
    """Raise InvalidName, or Conflict for a name that paths of the listener begin with."""
    check_name("stage", name)
    if name in _TAKEN:
        raise Conflict("stage", name, "a name that no path begins with", "one of the listener's")


def require_endpoints(platform: Platform, exposure: Exposure) -> None:
    """Raise NotFound or Conflict unless every route's endpoint is there to stay."""
    for name in sorted({route.endpoint for route in exposure.routes}):
        endpoint = platform.endpoints.get(EndpointName(name))
        if endpoint.state is EndpointState.DELETING:
            raise Conflict("endpoint", name, "one that stays", endpoint.state.value)


def build_router(operations: StageOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(tags=["stages"])
    router.add_api_route("/deployments", operations.deployments, methods=["GET"])
    router.add_api_route("/deployments/{number}", operations.deployment, methods=["GET"])
    router.add_api_route("/stages", operations.list, methods=["GET"])
    router.add_api_route("/stages/{name}", operations.get, methods=["GET"])
    router.add_api_route("/stages/{name}", operations.remove, methods=["DELETE"], status_code=204)
    router.add_api_route("/stages/{name}/exposure", operations.exposed, methods=["GET"])
    router.add_api_route("/stages/{name}/exposure", operations.publish, methods=["PUT"])
    router.add_api_route("/stages/{name}/hosts", operations.host, methods=["PUT"])
    router.add_api_route("/stages/{name}/deployment", operations.move, methods=["PUT"])
    router.add_api_route("/stages/{name}/canary/promote", operations.promote, methods=["POST"])
    router.add_api_route("/stages/{name}/canary", operations.abort, methods=["DELETE"])
    router.add_api_route("/stages/{name}/rollback", operations.roll_back, methods=["POST"])
    return router
