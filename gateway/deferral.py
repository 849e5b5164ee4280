"""Asynchronous inference in one gateway process: its desk and its courier, wired together."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from uuid import uuid4

import aiohttp

from capture.store import open_store
from core.clock import Clock
from core.errors import TidegateError
from core.http import Headers, Reply
from core.statuses import status_of
from gateway.authenticator import Principal
from gateway.call import Call
from gateway.callback import Caller
from gateway.caller import PlainCaller
from gateway.courier import Answer, Courier, Effort
from gateway.desk import Desk, Terms
from gateway.entrance import Admitted
from gateway.follower import Follower
from gateway.plane import DataPlane
from gateway.scribe import Scribe
from gateway.settings import Settings
from gateway.trace import LATER
from gateway.tracer import Tracer
from registry.platform import Platform
from registry.records import AsyncRequest


class Deferral:
    """Accepts and works off asynchronous requests. Belongs to one event loop."""

    def __init__(
        self, settings: Settings, platform: Platform, session: aiohttp.ClientSession, clock: Clock
    ) -> None:
        self._spool = open_store(settings.async_url)
        self._table = platform.async_requests
        self._settings = settings
        self._clock = clock
        self._caller = Caller(session, settings.allowed_callbacks)
        terms = Terms(settings.async_expires_s, settings.async_max_queued, settings.async_url)
        self.desk = Desk(self._table, self._spool, self._caller.check, terms, clock)

    @asynccontextmanager
    async def working(self, answer: Answer) -> AsyncIterator[None]:
        """Work off requests while inside; what runs at the end goes back to the queue."""
        effort = Effort(self._settings.async_concurrency, self._settings.async_max_attempts)
        name = uuid4().hex
        courier = Courier(name, self._table, self._spool, answer, effort, self._clock)
        task = asyncio.create_task(courier.run(self.desk, self._caller))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def answer_later(
    plane: DataPlane,
    follower: Follower,
    scribe: Scribe,
    clock: Clock,
    tracer: Tracer | None = None,
) -> Answer:
    """How one accepted request is answered: its caller was let in when it came."""

    async def answer(request: AsyncRequest, body: bytes) -> Reply:
        headers: Headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in request.headers.items()
        ]
        served = follower.directory.serve(request.endpoint)
        caller = PlainCaller(headers)
        call = Call(request.name, request.version, caller, request.id, clock.now())
        admitted = Admitted(request.name, served, Principal(request.principal), caller)
        with tracing(tracer, request.name, caller, clock):
            wanted = await scribe.read_infer(body, headers, _allow)
            answered = await plane.answer(call, admitted, wanted)
            return await scribe.write_infer(wanted, answered, headers)

    return answer


@contextmanager
def tracing(tracer: Tracer | None, name: str, caller: PlainCaller, clock: Clock) -> Iterator[None]:
    """Trace what is done inside, as part of the trace that the request was taken in."""
    if tracer is None:
        yield
        return
    trace, status = tracer.begin(caller.headers), 500
    caller.trace, caller.arrived_at = trace, clock.now()
    try:
        yield
        status = 200
    except TidegateError as error:
        status = status_of(type(error))
        raise
    finally:
        tracer.end(trace, LATER, name, caller, status, clock.now())


def _allow(_count: int) -> None:
    # A courier runs few requests at once: what they hold needs no bound of its own.
    return
