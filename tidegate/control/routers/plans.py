"""Usage plans of a stage. Each change publishes a deployment."""

from typing import Annotated

from fastapi import APIRouter, Query

from core.clock import Clock
from core.errors import Conflict, NotFound
from core.exposure import DEFAULT_STAGE
from core.plan import PlanSpec
from registry.platform import Platform
from registry.publishing import Authored
from tidegate.control.actor import Actor
from tidegate.control.documents import Listing
from tidegate.control.naming import require_same
from tidegate.control.papers import PlanDocument
from tidegate.control.routers.stages import check_stage

Stage = Annotated[str, Query(max_length=63)]


class PlanOperations:
    """The operations on plans."""

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self._platform, self._clock = platform, clock

    def list(self, stage: Stage = DEFAULT_STAGE) -> Listing[PlanDocument]:
        """All plans of a stage by name."""
        return Listing(items=tuple(PlanDocument(spec=one) for one in self._find(stage)))

    def get(self, name: str, stage: Stage = DEFAULT_STAGE) -> PlanDocument:
        """One plan; raises NotFound."""
        for plan in self._find(stage):
            if plan.name == name:
                return PlanDocument(spec=plan)
        raise NotFound("plan", name)

    def apply(
        self, name: str, spec: PlanSpec, actor: Actor, stage: Stage = DEFAULT_STAGE
    ) -> PlanDocument:
        """Make a plan or change it; gateways follow within their poll interval."""
        require_same("PlanSpec", name, spec.name)
        check_stage(stage)
        authored = Authored(self._clock.now(), actor, f"plan {name}")
        self._platform.stages.publish(stage, lambda now: now.with_plan(spec), authored)
        return PlanDocument(spec=spec)

    def remove(self, name: str, actor: Actor, stage: Stage = DEFAULT_STAGE) -> None:
        """Remove a plan; raises InvalidSpec while a route needs it, Conflict while a key has it."""
        self.get(name, stage)
        holders = [key.id for key in self._platform.keys.list() if key.plan == name]
        if holders and stage == DEFAULT_STAGE:
            raise Conflict("plan", name, "no key that has it", ", ".join(holders[:5]))
        authored = Authored(self._clock.now(), actor, f"no plan {name}")
        self._platform.stages.publish(stage, lambda now: now.without_plan(name), authored)

    def _find(self, stage: str) -> tuple[PlanSpec, ...]:
        for known, live, _ in self._platform.stages.published():
            if known.name == stage:
                return live.exposure.plans
        return ()


def build_router(operations: PlanOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(prefix="/plans", tags=["plans"])
    router.add_api_route("", operations.list, methods=["GET"])
    router.add_api_route("/{name}", operations.get, methods=["GET"])
    router.add_api_route("/{name}", operations.apply, methods=["PUT"])
    router.add_api_route("/{name}", operations.remove, methods=["DELETE"], status_code=204)
    return router
