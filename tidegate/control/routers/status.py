"""How the platform stands."""

from collections.abc import Sequence

from fastapi import APIRouter

from core.release import RELEASE
from registry.platform import Platform
from tidegate.control.documents import StatusDocument
from tidegate.control.loop import Loop


class StatusOperations:
    """The operation on the whole."""

    def __init__(self, platform: Platform, loops: Sequence[Loop]) -> None:
        self._platform, self._loops = platform, loops

    def get(self) -> StatusDocument:
        """Endpoints and background loops at a glance."""
        reports = tuple(loop.report() for loop in self._loops)
        return StatusDocument(
            state="degraded" if any(report.error for report in reports) else "ok",
            version=RELEASE,
            generation=self._platform.database.generation(),
            endpoints={one.name: one.state for one in self._platform.endpoints.list()},
            loops=reports,
        )


def build_router(operations: StatusOperations) -> APIRouter:
    """The operation at its path."""
    router = APIRouter(tags=["status"])
    router.add_api_route("/status", operations.get, methods=["GET"])
    return router
