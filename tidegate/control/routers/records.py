"""Records of what happened at the gateway and at the control API: usage by caller, and changes by whom."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from core.clock import Clock
from registry.platform import Platform
from tidegate.control.documents import Listing
from tidegate.control.papers import AuditDocument, UsageDocument

_DAYS = 30
Day = Annotated[str | None, Query(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class RecordOperations:
    """The operations on records."""

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self._platform, self._clock = platform, clock

    def usage(self, first: Day = None, last: Day = None) -> Listing[UsageDocument]:
        """What each caller asked of each route, from one day (UTC) to another; the last 30 unless said."""
        today = datetime.fromtimestamp(self._clock.now(), UTC)
        begins = first or f"{today - timedelta(days=_DAYS):%Y-%m-%d}"
        found = self._platform.usage.list(begins, last or f"{today:%Y-%m-%d}")
        return Listing(items=tuple(UsageDocument.of(one) for one in found))

    def audit(
        self,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        subject: Annotated[str, Query(max_length=400)] = "",
    ) -> Listing[AuditDocument]:
        """The last changes, newest first; those of paths that begin with `subject`."""
        found = self._platform.audit.list(limit, subject)
        return Listing(items=tuple(AuditDocument.of(one) for one in found))


def build_router(operations: RecordOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(tags=["records"])
    router.add_api_route("/usage", operations.usage, methods=["GET"])
    router.add_api_route("/audit", operations.audit, methods=["GET"])
    return router
