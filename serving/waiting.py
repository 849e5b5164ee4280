"""The waiting room: requests that the model has not taken yet, the most urgent and oldest first. Pure."""

import asyncio
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from core.batching import Batching
from serving.batch import Arrays
from serving.padding import Cuts

Key = tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(slots=True)
class Times:
    """How long one request waited for the model, and how long the model had it, in nanoseconds.

    Negative: it did not come to that.
    """

    queued_ns: int = -1
    computed_ns: int = -1


@dataclass(slots=True, eq=False)
class Waiting:
    """One request. `deadline` is on the loop's clock, None for no end; `cuts` undo its padding.

    `since` is when it came, in the process's nanoseconds; `times`, where somebody asks, learn how it went.
    """

    inputs: Arrays
    rows: int
    deadline: float | None
    timeout_s: float
    future: "asyncio.Future[Arrays]"
    level: int = 1
    cuts: Cuts = ()
    since: int = 0
    queued_ns: int = 0
    times: Times | None = None


@dataclass(slots=True)
class _Queue:
    """Requests of one shape: a heap by level, then by arrival."""

    heap: list[tuple[int, int, Waiting]] = field(default_factory=list)
    rows: int = 0


class WaitingRoom:
    """Queues by shape. What is done already (cancelled) is left out when its turn comes."""

    def __init__(self, limits: Batching, *, batched: bool) -> None:
        self._limits = limits
        self._batched = batched
        self._queues: dict[Key, _Queue] = {}
        self._arrivals = count()
        self.rows = 0

    def __bool__(self) -> bool:
        return bool(self._queues)

    def add(self, waiting: Waiting) -> None:
        """A request comes in."""
        key = tuple((name, array.shape[1:]) for name, array in waiting.inputs.items())
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Queue()
        heappush(queue.heap, (waiting.level, next(self._arrivals), waiting))
        queue.rows += waiting.rows
        self.rows += waiting.rows

    def take(self, now: float) -> tuple[list[Waiting], list[Waiting]]:
        """The next batch, and those whose time had run out before their turn came."""
        expired: list[Waiting] = []
        while self._queues:
            # Few shapes wait at a time; the one with the most urgent, then oldest request is next.
            key = min(self._queues, key=lambda one: self._queues[one].heap[0][:2])
            queue = self._queues[key]
            batch = self._take_from(queue, now, expired)
            if not queue.heap:
                del self._queues[key]
            if batch:
                return batch, expired
        return [], expired

    def clear(self) -> list[Waiting]:
        """Everybody goes."""
        gone = [waiting for queue in self._queues.values() for _, _, waiting in queue.heap]
        self._queues.clear()
        self.rows = 0
        return gone

    def _take_from(self, queue: _Queue, now: float, expired: list[Waiting]) -> list[Waiting]:
        batch: list[Waiting] = []
        rows = 0
        limit = self._limits.cut(queue.rows)
        while queue.heap:
            waiting = queue.heap[0][2]
            if batch and (not self._batched or rows + waiting.rows > limit):
                break
            heappop(queue.heap)
            queue.rows -= waiting.rows
            self.rows -= waiting.rows
            if waiting.future.done():
                continue
            if waiting.deadline is not None and waiting.deadline <= now:
                expired.append(waiting)
                continue
            batch.append(waiting)
            rows += waiting.rows
        return batch
