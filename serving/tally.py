"""The tally: what one replica has counted since it started, in the protocol's terms.

Source: Triton's "Statistics Extension": a request counts once in each duration, with the whole time of
the run that it was in; a run counts once in its batch size.
"""

import time
from collections import deque
from threading import Lock

from core.oip.statistics import BATCH_KINDS, Counts, Duration

_REQUEST_KINDS = ("success", "fail", "queue", *BATCH_KINDS)
_MANY = 256
_Run = tuple[float, int, int, tuple[int, int, int]]
_End = tuple[int, int, bool]


class _Sums:
    """Counters by kind: how often, and how many nanoseconds in all."""

    __slots__ = ("counts", "ns")

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self.counts = dict.fromkeys(kinds, 0)
        self.ns = dict.fromkeys(kinds, 0)

    def add(self, kind: str, count: int, ns: int) -> None:
        self.counts[kind] += count
        self.ns[kind] += ns

    def read(self) -> dict[str, Duration]:
        return {kind: Duration(self.counts[kind], self.ns[kind]) for kind in self.counts}


class Tally:
    """Safe to be told by several threads.

    What it is told is kept as it came and added up a few hundred at a time, or when somebody asks: one
    addition among other work costs several times what it costs in a row.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._last_ms = 0
        self._rows = 0
        self._executions = 0
        self._sums = _Sums(_REQUEST_KINDS)
        self._batches: dict[int, _Sums] = {}
        self._runs: deque[_Run] = deque()
        self._ends: deque[_End] = deque()

    def run(self, rows: int, requests: int, times_ns: tuple[int, int, int]) -> None:
        """A run of the model ended well: its rows and requests, and its times by BATCH_KINDS."""
        self._runs.append((time.time(), rows, requests, times_ns))

    def end(self, whole_ns: int, queued_ns: int, *, is_good: bool) -> None:
        """A request was answered: whether well, its whole time and its time in the queue (ns)."""
        self._ends.append((whole_ns, queued_ns, is_good))
        if len(self._ends) >= _MANY:
            with self._lock:
                self._add_up()

    def counts(self) -> Counts:
        """All of it now."""
        with self._lock:
            self._add_up()
            batches = {size: sums.read() for size, sums in self._batches.items()}
            return Counts(self._last_ms, self._rows, self._executions, self._sums.read(), batches)

    def _add_up(self) -> None:
        while self._runs:
            self._add_run(*self._runs.popleft())
        while self._ends:
            whole_ns, queued_ns, is_good = self._ends.popleft()
            self._sums.add("success" if is_good else "fail", 1, whole_ns)
            if is_good:
                self._sums.add("queue", 1, queued_ns)

    def _add_run(self, at: float, rows: int, requests: int, times_ns: tuple[int, int, int]) -> None:
        self._last_ms = max(self._last_ms, int(at * 1000))
        self._rows += rows
        self._executions += 1
        batch = self._batches.get(rows)
        if batch is None:
            batch = self._batches[rows] = _Sums(BATCH_KINDS)
        for kind, ns in zip(BATCH_KINDS, times_ns, strict=True):
            self._sums.add(kind, requests, requests * ns)
            batch.add(kind, 1, ns)
