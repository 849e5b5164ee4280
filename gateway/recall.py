"""Recall: answers from the response cache, for routes that ask for it, and keeps what is computed.

Who asks was let in, its request checked and its plans charged before: from here only a replica's work is
spared. Requests that ask the same while it is computed wait for the one answer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from core.clock import Clock
from core.errors import DeadlineExceeded, NotCached
from core.reserved import Reserved, read_reserved
from core.route import Cache
from core.tensor import InferRequest, InferResponse
from gateway.cache import ResponseCache
from gateway.cache_tally import CacheTally
from gateway.call import Call
from gateway.entrance import Admitted
from gateway.fingerprint import Scope, find_fingerprint
from gateway.freshness import Directives, Freshness, read_directives
from gateway.timeout import find_timeout
from gateway.transform import apply_route
from registry.records import Resident

# Computes the answer; it is told the seconds that the request has waited already.
Compute = Callable[[float], Awaitable[InferResponse]]


class _End(Enum):
    """How a computation ended that others waited for, where not with an answer."""

    FAILED = "failed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class _Question:
    """One request that may be answered from the cache."""

    key: bytes
    cache: Cache
    endpoint: str
    timeout_s: float


class Recall:
    """Belongs to one event loop. `store` holds the answers, `tally` counts what came of requests."""

    def __init__(self, store: ResponseCache, clock: Clock) -> None:
        self.tally = CacheTally(store)
        self.store = store
        self._clock = clock
        self._flights: dict[bytes, asyncio.Future[InferResponse | _End]] = {}

    async def answer(
        self,
        call: Call,
        admitted: Admitted,
        cache: Cache,
        resident: Resident,
        request: InferRequest,
        compute: Compute,
    ) -> InferResponse:
        """The answer, kept or computed; the caller is told which, by its `freshness`.

        Raises as `compute` does, SignatureMismatch and MalformedRequest for what the route or we refuse,
        NotCached, and DeadlineExceeded after waiting for another's computation.
        """
        asked = apply_route(admitted.route, request)
        reserved = read_reserved(asked.parameters)
        wishes = read_directives(call.headers)
        is_spared = wishes.no_store and not wishes.only_if_cached
        if is_spared or not may_keep(resident, reserved):
            response = await compute(0.0)
            return self._tell(call, admitted, response, "bypass", Freshness("fwd=bypass"))
        question = _Question(
            await find_fingerprint(find_scope(admitted, cache, resident), asked),
            cache,
            resident.endpoint,
            find_timeout(admitted, reserved),
        )
        return await self._answer(call, admitted, question, wishes, compute)

    async def _answer(
        self,
        call: Call,
        admitted: Admitted,
        question: _Question,
        wishes: Directives,
        compute: Compute,
    ) -> InferResponse:
        is_asked = not (wishes.no_cache or wishes.no_store)
        now, cache = self._clock.monotonic(), question.cache
        entry = self.store.find(question.key, now) if is_asked else None
        if entry is not None:
            age, left = entry.age(now), entry.left(now)
            if age <= wishes.max_age and left >= wishes.min_fresh:
                told = Freshness(f"hit; ttl={int(left)}", left, age, cache.not_modified)
                return self._tell(call, admitted, entry.response, "hit", told)
        if wishes.only_if_cached:
            self.tally.count(admitted.name, "absent")
            raise NotCached(admitted.name)
        is_shared = False
        if wishes.no_cache:
            # What was begun before this request came is not new enough for it.
            response = await compute(0.0)
            self._keep(question, response)
        else:
            response, is_shared = await self._join(question, compute)
        why = "request" if wishes.no_cache or entry is not None else "miss"
        said = f"fwd={why}; collapsed" if is_shared else f"fwd={why}"
        if question.key in self.store:
            told = Freshness(f"{said}; stored", cache.ttl_s, None, cache.not_modified)
        else:
            told = Freshness(said, None, None, cache.not_modified)
        return self._tell(call, admitted, response, "collapsed" if is_shared else "miss", told)

    async def _join(self, question: _Question, compute: Compute) -> tuple[InferResponse, bool]:
        """The answer, and whether it is another request's that asks the same."""
        began = self._clock.monotonic()
        spent_s = 0.0
        while (flight := self._flights.get(question.key)) is not None:
            await asyncio.wait((flight,), timeout=max(0.0, question.timeout_s - spent_s))
            spent_s = self._clock.monotonic() - began
            if not flight.done():
                raise DeadlineExceeded(question.endpoint, question.timeout_s)
            ended = flight.result()
            if isinstance(ended, InferResponse):
                return ended, True
            if ended is _End.FAILED:
                # The failure was its own: everybody tries for itself, nobody waits once more.
                return self._keep(question, await compute(spent_s)), False
        return await self._lead(question, compute, spent_s), False

    async def _lead(self, question: _Question, compute: Compute, spent_s: float) -> InferResponse:
        flight = asyncio.get_running_loop().create_future()
        self._flights[question.key] = flight
        ended: InferResponse | _End = _End.FAILED
        try:
            response = ended = self._keep(question, await compute(spent_s))
        except asyncio.CancelledError:
            # This caller went away; the next of those that wait goes on in its place.
            ended = _End.LEFT
            raise
        finally:
            del self._flights[question.key]
            flight.set_result(ended)
        return response

    def _keep(self, question: _Question, response: InferResponse) -> InferResponse:
        now, cache = self._clock.monotonic(), question.cache
        self.store.keep(question.key, response, now, cache.ttl_s, cache.max_bytes)
        return response

    def _tell(
        self, call: Call, admitted: Admitted, response: InferResponse, outcome: str, told: Freshness
    ) -> InferResponse:
        call.caller.freshness = told
        self.tally.count(admitted.name, outcome)
        return response


def may_keep(resident: Resident, reserved: Reserved) -> bool:
    """Whether the answer depends on the request alone, and giving it twice is what the caller wants."""
    return (
        reserved.idempotent
        and not reserved.sequence_id
        and resident.spec.batching.sequences is None
        and not resident.signature.streaming
    )


def find_scope(admitted: Admitted, cache: Cache, resident: Resident) -> Scope:
    """Whose answers these are. A new version or a new deployment begins with none."""
    caller = admitted.principal.name if cache.vary == "caller" else ""
    return (
        admitted.name,
        admitted.stage,
        admitted.deployment,
        caller,
        resident.id,
        resident.endpoint,
        resident.variant,
        resident.version,
        resident.digest,
    )
