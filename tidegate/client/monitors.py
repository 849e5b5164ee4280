"""The client's calls about monitors."""

from collections.abc import Mapping
from typing import Any

from monitor.spec import MonitorSpec
from tidegate.client.connection import Connection
from tidegate.control.documents import MonitorDocument, MonitorRunDocument

_RUN_S = 600.0


class Monitors:
    """Monitors and their runs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def apply(self, spec: MonitorSpec | Mapping[str, Any]) -> MonitorDocument:
        """Define a monitor, in place of the one of the same name."""
        wanted = spec if isinstance(spec, MonitorSpec) else MonitorSpec.read(spec)
        body = wanted.model_dump(mode="json")
        return self._connection.put(MonitorDocument, "monitors", wanted.name, body=body)

    def list(self) -> tuple[MonitorDocument, ...]:
        """All monitors."""
        return self._connection.list(MonitorDocument, "monitors")

    def remove(self, name: str) -> None:
        """Forget a monitor and its runs; raises NotFound."""
        self._connection.delete("monitors", name)

    def run(
        self, name: str, start: float | None = None, end: float | None = None
    ) -> MonitorRunDocument:
        """Compare a window with the baseline now and return the finished run.

        The window goes from `start` to `end` (Unix seconds); by default it is the monitor's own
        window until now. Raises NotFound, Unavailable and InvalidSpec as the text of each says.
        """
        body = {"start": start, "end": end}
        return self._connection.post(
            MonitorRunDocument, "monitors", name, "runs", body=body, timeout_s=_RUN_S
        )

    def runs(self, name: str) -> tuple[MonitorRunDocument, ...]:
        """A monitor's latest runs, newest first."""
        return self._connection.list(MonitorRunDocument, "monitors", name, "runs")

    def report(self, run: str) -> Any:
        """A run's report as plain JSON, in the monitor room's form; raises NotFound."""
        return self._connection.document("monitor-runs", run)

    def html(self, run: str) -> str:
        """A run's report as one HTML page; raises NotFound."""
        return self._connection.text("monitor-runs", run, "html")
