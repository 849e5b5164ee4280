"""The courier: works through asynchronous requests, and tells those who asked to be told.

Any gateway's courier may take any request. One that dies while it works loses the request to another
when its ownership ends, so a request runs at least once and at most `max_attempts` times.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from capture.store import Store
from core.clock import Clock
from core.errors import QueueFull, TidegateError, Unavailable
from core.http import Reply
from core.oip.exchange import write_error
from core.trace_context import TRACEPARENT, TRACESTATE
from gateway.callback import Caller, next_call
from gateway.desk import Desk, body_path, reply_path
from registry.records import AsyncRequest, AsyncState
from registry.tables.async_requests import AsyncRequestTable

log = logging.getLogger(__name__)
OWNED_S = 10.0
RENEW_S = 3.0
IDLE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_TRACE = (TRACEPARENT.decode(), TRACESTATE.decode())
Answer = Callable[[AsyncRequest, bytes], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Effort:
    """How many requests run at once here, and how often one is tried."""

    concurrency: int
    max_attempts: int


class Courier:
    """Belongs to one event loop. `answer` gives the reply to one request or raises TidegateError."""

    def __init__(
        self,
        name: str,
        table: AsyncRequestTable,
        spool: Store,
        answer: Answer,
        effort: Effort,
        clock: Clock,
    ) -> None:
        self._name = name
        self._table = table
        self._spool = spool
        self._answer = answer
        self._effort = effort
        self._clock = clock
        self._running: dict[str, asyncio.Task[None]] = {}
        self.ended = asyncio.Event()
        self._held: dict[str, AsyncRequest] = {}
        self._renewed_at = 0.0

    async def run(self, desk: Desk, caller: Caller) -> None:
        """Work until cancelled; what runs then is put back for another courier."""
        try:
            while True:
                desk.arrived.clear()
                self.ended.clear()
                try:
                    await self.look()
                    await self.tell(caller)
                except (SQLAlchemyError, OSError) as error:
                    log.warning("the queue is out of reach: %s", type(error).__name__)
                await wait_for_any(IDLE_S, desk.arrived, self.ended)
        finally:
            await self.leave()

    async def look(self) -> None:
        """Renew what runs, forget what is over, and take on what fits."""
        now = self._clock.now()
        if now - self._renewed_at >= RENEW_S:
            self._renewed_at = now
            await asyncio.to_thread(self._table.renew, self._name, [*self._running], now + OWNED_S)
            await asyncio.to_thread(self._sweep, now)
        free = self._effort.concurrency - len(self._running)
        if free <= 0:
            return
        claim = partial(self._table.claim, self._name, now, now + OWNED_S, free)
        for request in await asyncio.to_thread(claim):
            task = asyncio.create_task(self._work(request))
            self._running[request.id] = task
            self._held[request.id] = request

    async def settle(self) -> None:
        """Wait until nothing runs here."""
        while self._running:
            await asyncio.wait([*self._running.values()])

    async def tell(self, caller: Caller) -> None:
        """Call back for requests that have ended."""
        now = self._clock.now()
        claim = partial(self._table.claim_callbacks, now, now + OWNED_S, self._effort.concurrency)
        due = await asyncio.to_thread(claim)
        await asyncio.gather(*(self._call(caller, request) for request in due))

    async def leave(self) -> None:
        """Cancel what runs here; each one goes back to the queue."""
        held, tasks = [*self._held.values()], [*self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        now = self._clock.now()
        for request in held:
            # One that ended in time is no longer ours, and stays as it is.
            with suppress(SQLAlchemyError):
                await asyncio.to_thread(self._table.release, request, now, "the gateway is going")

    async def _work(self, request: AsyncRequest) -> None:
        try:
            await self._attempt(request)
        except Exception:
            # Its ownership ends by itself, and it is tried again: the store may be away.
            log.exception("asynchronous request %s failed", request.id)
        finally:
            self._running.pop(request.id, None)
            self.ended.set()
            self._held.pop(request.id, None)

    async def _attempt(self, request: AsyncRequest) -> None:
        if request.attempts > self._effort.max_attempts:
            # Each courier that had it is gone: it must not take down the next one too.
            lost = Unavailable(
                request.name, f"{request.attempts - 1} tries ended with their gateway"
            )
            await asyncio.to_thread(self._keep, request, write_error(lost))
            return
        body = await asyncio.to_thread(self._spool.get, body_path(request.id))
        try:
            reply = await self._answer(request, body)
        except TidegateError as error:
            if is_passing(error) and request.attempts < self._effort.max_attempts:
                due_at = self._clock.now() + pause_s(request.attempts)
                await asyncio.to_thread(self._table.release, request, due_at, str(error))
                return
            reply = write_error(error)
        await asyncio.to_thread(self._keep, request, reply)

    def _keep(self, request: AsyncRequest, reply: Reply) -> None:
        self._spool.put(reply_path(request.id), reply.body)
        state = AsyncState.SUCCEEDED if reply.status == 200 else AsyncState.FAILED
        if self._table.finish(request, state, write_head(reply), self._clock.now()):
            self._spool.remove(body_path(request.id))

    async def _call(self, caller: Caller, request: AsyncRequest) -> None:
        document = {"id": request.id, "model": request.name, "state": request.state.value}
        if await caller.call(request.callback, document, find_trace(request)):
            due_at = None
        else:
            due_at = next_call(request.callback_attempts, self._clock.now())
        await asyncio.to_thread(self._table.called, request.id, due_at)

    def _sweep(self, now: float) -> None:
        for gone in self._table.sweep(now):
            self._spool.remove(body_path(gone))
            self._spool.remove(reply_path(gone))


async def wait_for_any(timeout_s: float, *events: asyncio.Event) -> None:
    """Return when one of the events is set, or after `timeout_s`."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()


def find_trace(request: AsyncRequest) -> dict[str, str]:
    """The headers by which a request's trace goes on; none where it is not traced."""
    return {name: request.headers[name] for name in _TRACE if name in request.headers}


def is_passing(error: TidegateError) -> bool:
    """Whether the same request may succeed later: nobody answered, or there was no room."""
    return isinstance(error, (Unavailable, QueueFull))


def pause_s(attempts: int) -> float:
    """Seconds to wait after so many tries: doubling from one second."""
    return min(_LONGEST_PAUSE_S, 2.0 ** (attempts - 1))


def write_head(reply: Reply) -> dict[str, Any]:
    """Status and headers of a reply, as the tables keep them."""
    headers = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in reply.headers
        if name != b"content-length"
    }
    return {"status": reply.status, "headers": headers}
