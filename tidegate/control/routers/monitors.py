"""Monitors, their runs and reports."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from core.clock import Clock
from core.refs import EndpointName
from monitor.spec import MonitorSpec
from registry.platform import Platform
from registry.records import Monitor
from tidegate.control.documents import (
    Listing,
    MonitorDocument,
    MonitorRunDocument,
    RunRequest,
)
from tidegate.control.monitoring import Monitoring
from tidegate.control.naming import require_same


class MonitorOperations:
    """The operations on monitors."""

    def __init__(self, platform: Platform, monitoring: Monitoring, clock: Clock) -> None:
        self._platform, self._monitoring, self._clock = platform, monitoring, clock

    def list(self) -> Listing[MonitorDocument]:
        """All monitors by name."""
        found = self._platform.monitors.list()
        return Listing(items=tuple(MonitorDocument.of(monitor) for monitor in found))

    def apply(self, name: str, spec: MonitorSpec) -> MonitorDocument:
        """Define a monitor, in place of the one of the same name; its runs stay."""
        require_same("MonitorSpec", name, spec.name)
        endpoint = self._platform.endpoints.get(EndpointName(spec.endpoint)).name
        monitor = Monitor(name, endpoint, spec.model_dump(mode="json"), self._clock.now())
        self._platform.monitors.apply(monitor)
        return MonitorDocument.of(monitor)

    def remove(self, name: str) -> None:
        """Forget a monitor and its runs."""
        self._platform.monitors.remove(name)

    def run(self, name: str, wanted: RunRequest) -> MonitorRunDocument:
        """Compare a window with the baseline now; answers when it is done."""
        return MonitorRunDocument.of(self._monitoring.run(name, wanted.start, wanted.end))

    def list_runs(self, name: str) -> Listing[MonitorRunDocument]:
        """A monitor's latest runs, newest first."""
        known = self._platform.monitors.get(name).name
        found = self._platform.monitors.list_runs(known)
        return Listing(items=tuple(MonitorRunDocument.of(run) for run in found))

    def get_report(self, run: str) -> Response:
        """A run's report, in the monitor room's form."""
        return Response(self._monitoring.read_report(run), media_type="application/json")

    def get_page(self, run: str) -> HTMLResponse:
        """A run's report as one HTML page."""
        return HTMLResponse(self._monitoring.read_page(run))


def build_router(operations: MonitorOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(tags=["monitors"])
    router.add_api_route("/monitors", operations.list, methods=["GET"])
    router.add_api_route("/monitors/{name}", operations.apply, methods=["PUT"])
    router.add_api_route("/monitors/{name}", operations.remove, methods=["DELETE"], status_code=204)
    router.add_api_route("/monitors/{name}/runs", operations.run, methods=["POST"])
    router.add_api_route("/monitors/{name}/runs", operations.list_runs, methods=["GET"])
    router.add_api_route(
        "/monitor-runs/{run}", operations.get_report, methods=["GET"], response_model=None
    )
    router.add_api_route(
        "/monitor-runs/{run}/html", operations.get_page, methods=["GET"], response_model=None
    )
    return router
