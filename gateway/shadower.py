"""The shadower: sends copies of requests to shadow variants and compares the answers.

It begins when the live answer is there, so that this never waits; what does not fit its bounds is
dropped and counted. Nothing of a shadow ever reaches a caller.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from time import perf_counter

from core.agreement import Agreement, compare_outputs
from core.endpoint import Shadow
from core.errors import TidegateError
from core.latencies import Latencies, find_bucket, trim
from core.refs import ResidentId
from core.tensor import InferRequest, Tensor
from gateway.dispatcher import Dispatcher, Errand
from gateway.scribe import read_response
from registry.records import Comparison, Resident
from registry.tables.traffic import SPAN_S

MAX_HELD_BYTES = 64 * 2**20
_BUCKETS = 80


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """What is to be repeated: the request, the errand that carried it, its answer and in which time."""

    request: InferRequest
    errand: Errand
    outputs: Sequence[Tensor]
    seconds: float


@dataclass(slots=True)
class _Tally:
    compared: int = 0
    agreed: int = 0
    failed: int = 0
    dropped: int = 0
    latencies: list[int] = field(default_factory=lambda: [0] * _BUCKETS)
    live_latencies: list[int] = field(default_factory=lambda: [0] * _BUCKETS)
    outputs: dict[str, Agreement] = field(default_factory=dict)
    is_changed: bool = True


class Shadower:
    """Belongs to one event loop."""

    def __init__(self, dispatcher: Dispatcher, random: Random) -> None:
        self._dispatcher = dispatcher
        self._random = random
        self._tallies: dict[ResidentId, _Tally] = {}
        self._in_flight: Counter[ResidentId] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._held_bytes = 0
        self._span = 0

    def offer(self, shadows: Sequence[Resident], live: LiveAnswer) -> None:
        """Repeat the request at each of the shadows, or drop it; returns at once."""
        for resident in shadows:
            shadow = resident.spec.shadow or Shadow()
            if shadow.share < 1 and self._random.random() >= shadow.share:
                continue
            size = len(live.errand.message.body)
            is_full = self._in_flight[resident.id] >= shadow.max_in_flight
            if is_full or self._held_bytes + size > MAX_HELD_BYTES:
                self._find(resident).dropped += 1
                continue
            self._in_flight[resident.id] += 1
            self._held_bytes += size
            task = asyncio.create_task(self._repeat(resident, shadow, live))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def turn(self, gateway: str, now: float) -> tuple[Comparison, ...]:
        """What has changed since the last turn, of the span that was open; at `now` (Unix seconds)."""
        rows = tuple(
            Comparison(
                gateway=gateway,
                resident=resident,
                span=self._span,
                compared=one.compared,
                agreed=one.agreed,
                failed=one.failed,
                dropped=one.dropped,
                latencies=Latencies(trim(one.latencies)),
                live_latencies=Latencies(trim(one.live_latencies)),
                outputs=dict(one.outputs),
            )
            for resident, one in self._tallies.items()
            if one.is_changed and self._span
        )
        span = int(now) // SPAN_S * SPAN_S
        for one in self._tallies.values():
            one.is_changed = False
        if span != self._span:
            # Copies that are on their way count in the span in which they end.
            self._tallies = {}
        self._span = span
        return rows

    async def settle(self) -> None:
        """Wait for the copies that are on their way."""
        await asyncio.gather(*self._tasks)

    def close(self) -> None:
        """Give up what is on its way."""
        for task in self._tasks:
            task.cancel()

    async def _repeat(self, resident: Resident, shadow: Shadow, live: LiveAnswer) -> None:
        began = perf_counter()
        try:
            resident.signature.check(live.request)
            errand = replace(live.errand, resident=resident, is_patient=False)
            reply = await self._dispatcher.dispatch(errand)
            seconds = perf_counter() - began
            answer = await read_response(reply.message)
            found = await asyncio.to_thread(
                compare_outputs, live.outputs, answer.outputs, shadow.rtol, shadow.atol
            )
        except TidegateError:
            self._find(resident).failed += 1
        else:
            self._count(resident, live, seconds, found)
        finally:
            self._held_bytes -= len(live.errand.message.body)
            self._in_flight[resident.id] -= 1

    def _count(
        self, resident: Resident, live: LiveAnswer, seconds: float, found: dict[str, Agreement]
    ) -> None:
        tally = self._find(resident)
        tally.compared += 1
        tally.agreed += all(one.agreed == one.rows for one in found.values())
        tally.latencies[find_bucket(seconds)] += 1
        tally.live_latencies[find_bucket(live.seconds)] += 1
        for name, one in found.items():
            tally.outputs[name] = tally.outputs.get(name, Agreement()) + one

    def _find(self, resident: Resident) -> _Tally:
        tally = self._tallies.setdefault(resident.id, _Tally())
        tally.is_changed = True
        return tally
