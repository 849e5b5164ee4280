"""Background work of the control process: turns that come again and again and never die."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.clock import Clock
from tidegate.control.documents import LoopDocument

_LOG = logging.getLogger(__name__)
# A turn that takes longer hangs: a cluster that went away without a word, most likely.
SLOW_S = 30.0
GRACE_S = 5.0


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
    """Calls `step` in a thread of its own until it is stopped; an error is kept, logged, tried again.

    The thread does not keep the process from ending, since a turn may hang in a foreign library.
    """

    def __init__(self, name: str, step: Callable[[], object], pace: Pace, clock: Clock) -> None:
        self.name = name
        self._step, self._pace, self._clock = step, pace, clock
        self._report = LoopDocument(name=name, turns=0, failures=0, last_good_at=None, error="")
        self._began: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def report(self) -> LoopDocument:
        """How it goes; `failures` counts those in a row. A turn that hangs is an error too."""
        began = self._began
        lasted = 0.0 if began is None else self._clock.monotonic() - began
        if lasted < SLOW_S:
            return self._report
        return self._report.model_copy(update={"error": f"this turn has taken {lasted:.0f} s"})

    def start(self) -> None:
        """Begin to turn; once only."""
        self._thread.start()

    def stop(self) -> None:
        """Let no further turn begin."""
        self._stop.set()

    def join(self, timeout_s: float) -> None:
        """Wait until the last turn has ended, at most this long."""
        self._thread.join(timeout_s)

    def turn(self) -> None:
        """One turn; raises nothing."""
        before = self._report
        changes: dict[str, object]
        self._began = self._clock.monotonic()
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
        self._began = None

    def _run(self) -> None:
        while not self._stop.is_set():
            self.turn()
            self._stop.wait(self._pace.pause(self._report.failures))


def end_loops(loops: Sequence[Loop], grace_s: float = GRACE_S) -> None:
    """Stop all loops and wait for their last turns, each at most `grace_s`."""
    for loop in loops:
        loop.stop()
    for loop in loops:
        loop.join(grace_s)
