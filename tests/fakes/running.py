"""Processes that start, die and end as a test tells them to."""

import threading
from collections import deque

from tidegate.supervisor.part import Part
from tidegate.supervisor.state import Child


class FakeRunning:
    """A process that lives until `die` or `end`."""

    def __init__(self, pid: int, log: list[str], name: str) -> None:
        self.child = Child(pid, float(pid))
        self.descendants: frozenset[Child] = frozenset()
        self._alive = True
        self._log = log
        self._name = name

    def is_alive(self) -> bool:
        return self._alive

    def note(self) -> None:
        self.descendants = frozenset({Child(self.child.pid + 1000, 0.0)})

    def end(self, grace_s: float) -> None:
        self._alive = False
        self._log.append(f"end {self._name} {grace_s:g}")

    def die(self) -> None:
        self._alive = False


class FakeSpawner:
    """Starts fake processes; `ready` holds the parts that say so, `silent` those that answer nobody."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.ready: set[str] = set()
        self.silent: set[str] = set()
        self.running: dict[str, FakeRunning] = {}
        self.started = threading.Event()
        self.refusals: deque[OSError] = deque()

    def part(self, name: str, after: tuple[str, ...] = ()) -> Part:
        return Part(
            name,
            after,
            lambda: (name,),
            lambda: name in self.ready,
            5,
            lambda: name not in self.silent,
        )

    def spawn(self, part: Part) -> FakeRunning:
        if self.refusals:
            raise self.refusals.popleft()
        self.log.append(f"start {part.name}")
        self.started.set()
        self.running[part.name] = FakeRunning(len(self.log), self.log, part.name)
        return self.running[part.name]
