"""The meter: what this gateway sends to each resident, in spans of time. Belongs to one event loop.

Rollouts are judged by it, and variants scaled to zero are woken; so it sees requests that find no replica.
"""

import asyncio
from time import perf_counter
from types import TracebackType

from core.errors import TidegateError
from core.latencies import Latencies, find_bucket, trim
from core.refs import ResidentId
from core.statuses import status_of
from registry.records import Traffic
from registry.tables.traffic import SPAN_S

_BUCKETS = 80
_SERVER_FAULT = 500


class _Flow:
    """One resident's numbers in the open span, as plain attributes: it is on the hot path."""

    __slots__ = (
        "counts",
        "errors",
        "is_changed",
        "most_outstanding",
        "most_waiting",
        "outstanding",
        "requests",
        "waiting",
    )

    def __init__(self) -> None:
        self.outstanding = self.waiting = 0
        self.reset()

    def reset(self) -> None:
        self.requests = self.errors = 0
        self.counts = [0] * _BUCKETS
        self.most_outstanding, self.most_waiting = self.outstanding, self.waiting
        self.is_changed = bool(self.outstanding or self.waiting)


class Watch:
    """Counts one request while it is inside; one that its caller gave up counts for nothing."""

    __slots__ = ("_began", "_flow", "_rows")

    def __init__(self, flow: _Flow, rows: int) -> None:
        self._flow, self._rows, self._began = flow, rows, 0.0

    def __enter__(self) -> None:
        flow = self._flow
        flow.outstanding += self._rows
        flow.is_changed = True
        flow.most_outstanding = max(flow.most_outstanding, flow.outstanding)
        self._began = perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        flow = self._flow
        flow.outstanding -= self._rows
        if kind is None:
            flow.requests += 1
            flow.counts[find_bucket(perf_counter() - self._began)] += 1
        elif issubclass(kind, TidegateError):
            flow.requests += 1
            flow.errors += status_of(kind) >= _SERVER_FAULT


class Meter:
    """Spans of SPAN_S seconds; `turn` hands over what has changed."""

    def __init__(self) -> None:
        self._flows: dict[ResidentId, _Flow] = {}
        self._span = 0
        self._waited = asyncio.Event()

    def watch(self, resident: ResidentId, rows: int) -> Watch:
        """A `with` block around one request for the resident."""
        return Watch(self._find(resident), rows)

    def wait(self, resident: ResidentId) -> None:
        """A request finds no replica and waits; the first one is news."""
        flow = self._find(resident)
        flow.waiting += 1
        flow.is_changed = True
        flow.most_waiting = max(flow.most_waiting, flow.waiting)
        if flow.waiting == 1:
            self._waited.set()

    def leave(self, resident: ResidentId) -> None:
        """It waits no longer."""
        self._find(resident).waiting -= 1

    async def pause(self, limit_s: float) -> None:
        """Return when a request begins to wait, or after `limit_s`."""
        try:
            async with asyncio.timeout(limit_s):
                await self._waited.wait()
        except TimeoutError:
            pass
        self._waited.clear()

    def turn(self, gateway: str, now: float) -> tuple[Traffic, ...]:
        """What has changed since the last turn, of the span that was open; at `now` (Unix seconds)."""
        rows = tuple(
            Traffic(
                gateway=gateway,
                resident=resident,
                span=self._span,
                requests=flow.requests,
                errors=flow.errors,
                latencies=Latencies(trim(flow.counts)),
                waiting=flow.most_waiting,
                outstanding=flow.most_outstanding,
            )
            for resident, flow in self._flows.items()
            if flow.is_changed and self._span
        )
        span = int(now) // SPAN_S * SPAN_S
        for resident, flow in tuple(self._flows.items()):
            if span == self._span:
                flow.is_changed = bool(flow.outstanding or flow.waiting)
            elif flow.is_changed or flow.outstanding or flow.waiting:
                flow.reset()
            else:
                del self._flows[resident]
        self._span = span
        return rows

    def _find(self, resident: ResidentId) -> _Flow:
        flow = self._flows.get(resident)
        if flow is None:
            flow = self._flows[resident] = _Flow()
        return flow
