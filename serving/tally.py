"""The tally: what one replica has counted since it started, in the protocol's terms.

Source: Triton's "Statistics Extension": a request counts once in each duration, with the whole time of
the run that it was in; a run counts once in its batch size.
"""

import time
from threading import Lock

from core.oip.statistics import BATCH_KINDS, Counts, Duration

_REQUEST_KINDS = ("success", "fail", "queue", *BATCH_KINDS)


class _Sums:
    """Counters by kind: how often, and how many nanoseconds in all."""

    __slots__ = ("counts", "ns")

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self.counts = dict.fromkeys(kinds, 0)
        self.ns = dict.fromkeys(kinds, 0)

    def read(self) -> dict[str, Duration]:
        return {kind: Duration(self.counts[kind], self.ns[kind]) for kind in self.counts}


class Tally:
    """Safe to be told by several threads; told once a run, so that it costs the hot path little."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last_ms = 0
        self._rows = 0
        self._runs = 0
        self._sums = _Sums(_REQUEST_KINDS)
        self._batches: dict[int, _Sums] = {}

    def run(self, rows: int, requests: int, times_ns: tuple[int, int, int]) -> None:
        """A run of the model ended well: its rows and requests, and its times by BATCH_KINDS."""
        with self._lock:
            self._last_ms = int(time.time() * 1000)
            self._rows += rows
            self._runs += 1
            batch = self._batches.get(rows)
            if batch is None:
                batch = self._batches[rows] = _Sums(BATCH_KINDS)
            counts, spent = self._sums.counts, self._sums.ns
            for kind, ns in zip(BATCH_KINDS, times_ns, strict=True):
                counts[kind] += requests
                spent[kind] += requests * ns
                batch.counts[kind] += 1
                batch.ns[kind] += ns

    def end(self, outcomes: list[tuple[bool, int, int]]) -> None:
        """Requests were answered: whether well, their whole time and their time in the queue (ns)."""
        with self._lock:
            counts, spent = self._sums.counts, self._sums.ns
            for is_good, whole_ns, queued_ns in outcomes:
                kind = "success" if is_good else "fail"
                counts[kind] += 1
                spent[kind] += whole_ns
                if is_good:
                    counts["queue"] += 1
                    spent["queue"] += queued_ns

    def counts(self) -> Counts:
        """All of it now."""
        with self._lock:
            batches = {size: sums.read() for size, sums in self._batches.items()}
            return Counts(self._last_ms, self._rows, self._runs, self._sums.read(), batches)
