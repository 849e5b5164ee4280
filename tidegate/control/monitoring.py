"""Run monitors: find the window and its baseline, compare, keep the report."""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from capture.scan import WindowQuery, read_window
from core.clock import Clock
from core.errors import InvalidSpec, NoReplica, NotFound, TidegateError
from core.refs import EndpointName, VariantName
from monitor.page import render
from monitor.report import Report
from monitor.run import run_monitor
from monitor.spec import MonitorSpec
from registry.package import open_package
from registry.platform import Platform
from registry.records import JobState, MonitorRun, Resident, ResidentState

_LOG = logging.getLogger(__name__)
RUN_PREFIX = "run-"
_REPORT = "report.json"
_PAGE = "report.html"


class Monitoring:
    """Runs monitors, one run a call, and keeps each run's report in a folder of its own.

    `capture_url` is where the captures lie, `reports` the folder of all reports.
    """

    def __init__(self, platform: Platform, capture_url: str, reports: Path, clock: Clock) -> None:
        self._platform, self._capture_url = platform, capture_url
        self._reports, self._clock = reports, clock

    def run(self, name: str, start: float | None = None, end: float | None = None) -> MonitorRun:
        """Compare the window from `start` to `end` (Unix seconds) with the baseline; record the run.

        Without `end` the window ends now, without `start` it is as long as the monitor says. Raises
        NotFound without such a monitor, without its endpoint or without captured rows; NoReplica while
        nothing is live; InvalidSpec where there is no one baseline. Whatever it raises, a failed run is
        recorded too.
        """
        spec = MonitorSpec.read(self._platform.monitors.get(name).spec)
        now = self._clock.now()
        until = now if end is None else end
        since = until - spec.window_s if start is None else start
        run = MonitorRun(
            id=f"{RUN_PREFIX}{secrets.token_hex(6)}",
            monitor=name,
            started_at=now,
            state=JobState.FAILED,
            window_start=since,
            window_end=until,
            rows=0,
            findings=0,
            report="",
            message="",
        )
        try:
            done = self._keep(run, self._compare(spec, since, until))
        except Exception as error:
            self._platform.monitors.add_run(replace(run, message=_tell(error)))
            raise
        self._platform.monitors.add_run(done)
        return done

    def read_report(self, run: str) -> str:
        """The report as JSON; raises NotFound for a run without one."""
        return self._read(run, _REPORT)

    def read_page(self, run: str) -> str:
        """The report as one HTML page; raises NotFound for a run without one."""
        return self._read(run, _PAGE)

    def _compare(self, spec: MonitorSpec, since: float, until: float) -> Report:
        if since >= until:
            raise InvalidSpec("window", {"start": "not before its end"})
        endpoint = self._platform.endpoints.get(EndpointName(spec.endpoint)).name
        resident = choose_resident(spec, self._platform.residents.list())
        sample = find_sample(resident)
        variant = None if spec.variant is None else VariantName(spec.variant)
        query = WindowQuery(endpoint, since, until, variant, resident.version, resident.model)
        window = read_window(self._capture_url, query)
        if window.num_rows == 0:
            hint = "nothing was captured of it then; is `capture.share` above 0?"
            raise NotFound("window", f"{spec.endpoint} from {since:.0f} to {until:.0f}: {hint}")
        return run_monitor(spec, resident.signature, sample, window, now=self._clock.now())

    def _keep(self, run: MonitorRun, report: Report) -> MonitorRun:
        folder = self._reports / run.id
        folder.mkdir(parents=True)
        (folder / _REPORT).write_text(report.model_dump_json(indent=2))
        (folder / _PAGE).write_text(render(report))
        return replace(
            run,
            state=JobState.SUCCEEDED,
            rows=report.window_rows,
            findings=len(report.findings),
            report=str(folder),
            message=report.verdict,
        )

    def _read(self, run: str, file: str) -> str:
        found = self._platform.monitors.get_run(run)
        if not found.report:
            raise NotFound("report", f"{run}: {found.message}")
        try:
            return (Path(found.report) / file).read_text()
        except FileNotFoundError as error:
            raise NotFound("report", f"{run}: its file is gone") from error


def _tell(error: Exception) -> str:
    return str(error) if isinstance(error, TidegateError) else f"{type(error).__name__}: {error}"


def choose_resident(spec: MonitorSpec, residents: Sequence[Resident]) -> Resident:
    """The live version that a monitor watches; raises NoReplica, InvalidSpec when there are two."""
    live = [
        one
        for one in residents
        if one.endpoint == spec.endpoint
        and one.state is ResidentState.LIVE
        and spec.variant in (None, one.variant)
    ]
    if not live:
        raise NoReplica(spec.endpoint)
    if len({one.digest for one in live}) > 1:
        names = ", ".join(sorted(one.variant for one in live))
        fault = f"the variants {names} have different baselines: name one"
        raise InvalidSpec("MonitorSpec", {"variant": fault})
    return live[0]


def find_sample(resident: Resident) -> Path:
    """The baseline sample of the package that a resident holds; raises InvalidSpec without one."""
    sample = open_package(Path(resident.location)).sample_path
    if sample is None:
        fault = (
            f"{resident.model}:{resident.version} has no baseline sample: publish its package with "
            "`sample`, a Parquet file with a column for each feature, and point the endpoint to it"
        )
        raise InvalidSpec("MonitorSpec", {"endpoint": fault})
    return sample


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Runs each monitor every `every_s` seconds, one after the other."""

    platform: Platform
    monitoring: Monitoring
    clock: Clock

    def step(self) -> int:
        """Run what is due; returns how many. A failed run is recorded, and due again a time later.

        The others run all the same; a fault that is not the platform's own (a full disk) is raised then.
        """
        due = [name for name in self._names() if self._is_due(name)]
        failures = []
        for name in due:
            try:
                self.monitoring.run(name)
            except TidegateError as error:
                _LOG.warning("monitor %s: %s", name, error)
            except Exception as error:  # noqa: BLE001 - one monitor's trouble is not the others'
                failures.append(error)
        if failures:
            raise failures[0]
        return len(due)

    def _names(self) -> list[str]:
        return [monitor.name for monitor in self.platform.monitors.list()]

    def _is_due(self, name: str) -> bool:
        spec = MonitorSpec.read(self.platform.monitors.get(name).spec)
        latest = self.platform.monitors.list_runs(name, limit=1)
        since = latest[0].started_at if latest else 0.0
        return spec.every_s > 0 and self.clock.now() - since >= spec.every_s
