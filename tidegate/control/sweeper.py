"""What is old enough to be forgotten: captures, events, monitor runs and their reports, broken uploads."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from capture.retention import forget_days
from core.clock import Clock
from registry.platform import Platform
from tidegate.control.monitoring import RUN_PREFIX
from tidegate.control.upload import DRAFT_PREFIX
from tidegate.settings import Settings

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Retention:
    """How much is kept: days of captures (0: all), events of each thing, runs of each monitor.

    What gateways metered is kept for `traffic_s`, in spans of seconds.
    A folder that belongs to no record is left by a process that died, once it is `abandoned_s` old.
    """

    capture_days: int = 30
    events: int = 1000
    runs: int = 200
    abandoned_s: float = 6 * 3600.0
    traffic_s: float = 86_400.0


class Sweeper:
    """Forgets what is older than its retention. `step` is called from one thread."""

    def __init__(
        self, platform: Platform, settings: Settings, retention: Retention, clock: Clock
    ) -> None:
        self._platform, self._settings = platform, settings
        self._retention, self._clock = retention, clock

    def step(self) -> int:
        """Sweep once; returns how many things went. Raises Unavailable for the captures' storage."""
        gone = self._platform.events.trim(self._retention.events)
        gone += self._platform.monitors.trim_runs(self._retention.runs)
        gone += self._remove_folders()
        gone += self._fold_counters()
        gone += self._platform.traffic.sweep(self._clock.now() - self._retention.traffic_s)
        gone += self._platform.shadows.sweep(self._clock.now() - self._retention.traffic_s)
        if self._retention.capture_days:
            before = self._clock.now() - self._retention.capture_days * _DAY_S
            gone += forget_days(self._settings.capture_url, before)
        return gone

    def _fold_counters(self) -> int:
        # A replica that lives writes every second.
        before = self._clock.now() - self._retention.abandoned_s
        known = {endpoint.name for endpoint in self._platform.endpoints.list()}
        return self._platform.counters.fold(before, known.__contains__)

    def _remove_folders(self) -> int:
        known = self._platform.monitors.list_run_ids()
        reports = _find_folders(self._settings.reports, RUN_PREFIX)
        found = [folder for folder in reports if folder.name not in known]
        found += _find_folders(self._settings.run, DRAFT_PREFIX)
        old = [folder for folder in found if self._is_abandoned(folder)]
        for folder in old:
            shutil.rmtree(folder, ignore_errors=True)
        return len(old)

    def _is_abandoned(self, folder: Path) -> bool:
        try:
            touched = folder.stat().st_mtime
        except FileNotFoundError:
            return False  # its owner has removed it just now
        return self._clock.now() - touched > self._retention.abandoned_s


def _find_folders(parent: Path, prefix: str) -> Iterator[Path]:
    return (each for each in parent.glob(f"{prefix}*") if each.is_dir() and not each.is_symlink())
