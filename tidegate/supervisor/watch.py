"""Keep the parts of a platform running: start, notice deaths and silence, start again, stop in order."""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from core.clock import Clock
from tidegate.supervisor.part import Part
from tidegate.supervisor.restart import Deaths, RestartPolicy, count_death, is_failing
from tidegate.supervisor.state import Child

_LOG = logging.getLogger(__name__)
# One that was ready and does not answer so often in a row hangs, and is ended: it has had some 25 s.
ASK_EVERY_S = 5.0
MISSES = 3
HUNG_GRACE_S = 5.0


class Running(Protocol):
    """A process that was started. Called from one thread."""

    child: Child
    descendants: frozenset[Child]

    def is_alive(self) -> bool:
        """Whether the process itself runs."""
        ...

    def note(self) -> None:
        """Remember what it has started in turn."""
        ...

    def end(self, grace_s: float) -> None:
        """Stop it and everything noted below it; blocks up to `grace_s` and some seconds."""
        ...


Spawn = Callable[[Part], Running]


class Keeper:
    """One part and the process that it is now, if any."""

    def __init__(self, part: Part, policy: RestartPolicy) -> None:
        self.part = part
        self.running: Running | None = None
        self.ready = False
        self.starts = 0
        self.seen: dict[str, int] = {}
        self.deaths = Deaths()
        self._policy = policy
        self._started_at = 0.0
        self._due_at = 0.0
        self._asked_at = 0.0
        self._misses = 0

    @property
    def failing(self) -> bool:
        """Whether it dies again and again."""
        return is_failing(self.deaths, self._policy)

    def is_due(self, now: float) -> bool:
        """Whether it should be started as far as itself is concerned."""
        return self.running is None and now >= self._due_at

    def start(self, spawn: Spawn, now: float) -> None:
        """Start it; a command that cannot be run at all counts as a death."""
        self._started_at = now
        self.starts += 1
        try:
            self.running = spawn(self.part)
        except OSError:
            _LOG.exception("%s cannot be started", self.part.name)
            self._bury(now)
            return
        _LOG.info("%s started as process %d", self.part.name, self.running.child.pid)

    def look(self, now: float) -> None:
        """Notice whether the process has died, has become ready, or hangs."""
        if self.running is None:
            return
        if not self.running.is_alive():
            # What it left behind holds ports that the next one needs.
            self.running.end(0)
            self._bury(now)
            _LOG.warning("%s died; next start in %g s", self.part.name, self.deaths.wait_s)
            return
        self.running.note()
        if not self.ready and self.part.is_ready():
            self.ready, self._asked_at, self._misses = True, now, 0
            _LOG.info("%s is ready after %.1f s", self.part.name, now - self._started_at)
        elif self.ready and self._is_silent(now):
            # It may write what it still can; one that is stopped or stuck is killed.
            self.running.end(HUNG_GRACE_S)
            self._bury(now)
            _LOG.warning("%s did not answer and was ended", self.part.name)

    def stop(self) -> None:
        """Stop it on purpose, which is no death."""
        if self.running is not None:
            self.running.end(self.part.grace_s)
            _LOG.info("%s stopped", self.part.name)
        self.running, self.ready = None, False

    def _is_silent(self, now: float) -> bool:
        if self.part.answers is None or now - self._asked_at < ASK_EVERY_S:
            return False
        self._asked_at = now
        self._misses = 0 if self.part.answers() else self._misses + 1
        return self._misses >= MISSES

    def _bury(self, now: float) -> None:
        self.running, self.ready = None, False
        self.deaths = count_death(self.deaths, now - self._started_at, self._policy)
        self._due_at = now + self.deaths.wait_s


class Watch:
    """The keepers of all parts, in the order of starting. Not thread-safe."""

    def __init__(
        self, parts: Sequence[Part], spawn: Spawn, clock: Clock, policy: RestartPolicy
    ) -> None:
        self.keepers = {part.name: Keeper(part, policy) for part in parts}
        self._spawn = spawn
        self._clock = clock

    def step(self) -> None:
        """Look at every part once and do what is due; never waits but for a part to stop."""
        for keeper in self.keepers.values():
            keeper.look(self._clock.monotonic())
        for keeper in self.keepers.values():
            self._renew(keeper)

    def stop(self) -> None:
        """Stop everything, the last started first."""
        for keeper in reversed(self.keepers.values()):
            keeper.stop()

    def _renew(self, keeper: Keeper) -> None:
        before = [self.keepers[name] for name in keeper.part.after]
        if not all(each.ready for each in before):
            return
        starts = {each.part.name: each.starts for each in before}
        if keeper.running is not None and keeper.seen != starts:
            _LOG.info("%s is started anew, since what it rests on was", keeper.part.name)
            keeper.stop()
        if keeper.is_due(self._clock.monotonic()):
            keeper.seen = starts
            keeper.start(self._spawn, self._clock.monotonic())
