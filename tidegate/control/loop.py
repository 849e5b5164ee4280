"""Background work of the control process: turns that come again and again and never die."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from core.clock import Clock
from tidegate.control.documents import LoopDocument

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between turns; after failures twice as long each time, up to `slowest_s`."""

    interval_s: float
    slowest_s: float = 15.0

    def pause(self, failures: int) -> float:
        """Seconds until the next turn after so many failures in a row."""
        # Bounded before it is raised: a float holds no power of two without end.
        return min(self.interval_s * 2.0 ** min(failures, 32), max(self.slowest_s, self.interval_s))


class Loop:
    """Calls `step` in a thread until it is told to stop; an error is kept, logged and tried again."""

    def __init__(self, name: str, step: Callable[[], object], pace: Pace, clock: Clock) -> None:
        self.name = name
        self._step, self._pace, self._clock = step, pace, clock
        self._report = LoopDocument(name=name, turns=0, failures=0, last_good_at=None, error="")

    def report(self) -> LoopDocument:
        """How it goes; `failures` counts those in a row."""
        return self._report

    async def run(self, stop: asyncio.Event) -> None:
        """Turn until `stop` is set; the turn that runs then is finished first."""
        while not stop.is_set():
            await asyncio.to_thread(self.turn)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._pace.pause(self._report.failures))

    def turn(self) -> None:
        """One turn; raises nothing."""
        before = self._report
        changes: dict[str, object]
        try:
            self._step()
        except Exception as error:  # noqa: BLE001 - a loop outlives whatever its step meets
            text = f"{type(error).__name__}: {error}"
            if text != before.error:
                # Once for each new trouble, not twice a second while it lasts.
                _LOG.warning("%s: %s", self.name, text, exc_info=error)
            changes = {"failures": before.failures + 1, "error": text[:1000]}
        else:
            if before.error:
                _LOG.info("%s: well again", self.name)
            changes = {"failures": 0, "error": "", "last_good_at": self._clock.now()}
        self._report = before.model_copy(update={"turns": before.turns + 1, **changes})


async def run_loops(loops: Sequence[Loop], stop: asyncio.Event) -> None:
    """Run all loops side by side until `stop` is set."""
    async with asyncio.TaskGroup() as group:
        for loop in loops:
            group.create_task(loop.run(stop), name=loop.name)
