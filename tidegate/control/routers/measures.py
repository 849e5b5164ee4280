"""How an endpoint's versions do: a rollout's steps, and shadows beside the live answers."""

from typing import Annotated

from fastapi import APIRouter, Query

from core.clock import Clock
from core.refs import EndpointName
from core.rollout import Seen
from registry.platform import Platform
from registry.records import Endpoint, Resident, ResidentState, Role
from tidegate.control.documents import Listing
from tidegate.control.measures import AnsweringDocument, RolloutDocument, ShadowDocument

_ANSWERING = (ResidentState.LIVE, ResidentState.CANARY)
Window = Annotated[float, Query(gt=0, le=86_400)]


class MeasureOperations:
    """Reads what gateways have written of the traffic."""

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self._platform, self._clock = platform, clock

    def show_rollout(self, name: str, window_s: Window = 300.0) -> RolloutDocument:
        """How far the rollout is, and how each version does in its step; else in the last `window_s`."""
        endpoint = self._platform.endpoints.get(EndpointName(name))
        answering = self._find(endpoint)
        rolled = [one for one in answering if one.state is ResidentState.CANARY]
        canary = min(rolled, key=lambda one: one.step, default=None)
        since = self._clock.now() - window_s
        if canary is not None:
            since = canary.stepped_at or since
        seen = self._see(since)
        shares = {str(one.variant): one.share for one in rolled}
        versions = (
            AnsweringDocument.of(one, _share(one, shares), seen.get(one.id, Seen()))
            for one in answering
            if one.spec.shadow is None
        )
        return RolloutDocument.of(endpoint, canary, since, versions)

    def list_shadows(self, name: str, window_s: Window = 3600.0) -> Listing[ShadowDocument]:
        """How each shadow's answers compare with the live ones, over the last `window_s`."""
        endpoint = self._platform.endpoints.get(EndpointName(name))
        since = self._clock.now() - window_s
        shadows = (one for one in self._find(endpoint) if one.spec.shadow is not None)
        return Listing(
            items=tuple(
                ShadowDocument.of(one, self._platform.shadows.list(one.id, since))
                for one in shadows
            )
        )

    def _find(self, endpoint: Endpoint) -> list[Resident]:
        return [
            one
            for one in self._platform.residents.list()
            if one.endpoint == endpoint.name
            and one.role is Role.PREDICTOR
            and one.state in _ANSWERING
        ]

    def _see(self, since: float) -> dict[str, Seen]:
        found: dict[str, Seen] = {}
        for span in self._platform.traffic.list(since):
            one = Seen(span.requests, span.errors, span.latencies)
            found[span.resident] = found.get(span.resident, Seen()) + one
        return found


def _share(one: Resident, canaries: dict[str, float]) -> float:
    return one.share if one.state is ResidentState.CANARY else 1 - canaries.get(one.variant, 0.0)


def build_router(operations: MeasureOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(prefix="/endpoints", tags=["endpoints"])
    router.add_api_route("/{name}/rollout", operations.show_rollout, methods=["GET"])
    router.add_api_route("/{name}/shadows", operations.list_shadows, methods=["GET"])
    return router
