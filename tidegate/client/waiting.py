"""Wait for a thing to stand as wanted, by asking again and again."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from core.clock import Clock, SystemClock
from core.errors import DeadlineExceeded

Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Asks every `interval_s`; `pause` waits that long (a test's moves a clock on)."""

    clock: Clock = field(default_factory=SystemClock)
    pause: Callable[[float], None] = time.sleep
    interval_s: float = 0.25

    def until(
        self,
        look: Callable[[], Seen],
        is_there: Callable[[Seen], bool],
        *,
        subject: str,
        timeout_s: float,
        progress: Callable[[Seen], None] | None = None,
    ) -> Seen:
        """What `look` saw when `is_there` said yes; raises DeadlineExceeded, and what the two raise.

        `progress` is told of what was seen, the first time and whenever it has changed.
        """
        end = self.clock.monotonic() + timeout_s
        told: Seen | None = None
        while True:
            seen = look()
            if progress is not None and seen != told:
                progress(seen)
                told = seen
            if is_there(seen):
                return seen
            if self.clock.monotonic() >= end:
                raise DeadlineExceeded(subject, timeout_s)
            self.pause(self.interval_s)
