"""The desk: takes inferences that are to be answered later, shows how they stand, and hands answers out.

A request is accepted when its body is in the spool and its row in the tables; from then on it is not
lost with any process.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from capture.store import Store
from core.clock import Clock
from core.errors import Conflict, MalformedRequest, NotFound
from core.http import Headers, Reply, header
from core.oip.exchange import HEADER_LENGTH
from core.refs import EndpointName
from gateway.entrance import Admitted
from gateway.trace import Trace
from registry.records import AsyncRequest
from registry.tables.async_requests import AsyncRequestTable

CALLBACK = b"x-tidegate-callback"
EXPIRES = b"x-tidegate-expires-s"
MAX_EXPIRES_S = 7 * 86_400.0
_KEPT = (HEADER_LENGTH, b"content-encoding", b"content-type", b"accept-encoding")


@dataclass(frozen=True, slots=True)
class Terms:
    """How long answers are kept unless the caller says, how many may wait for one endpoint, and where."""

    expires_s: float
    max_queued: int
    url: str = ""


class Desk:
    """Belongs to one event loop; `wake` is called when something new is there to be done."""

    def __init__(
        self,
        table: AsyncRequestTable,
        spool: Store,
        check_callback: Callable[[str], str],
        terms: Terms,
        clock: Clock,
    ) -> None:
        self._url = terms.url
        self._table = table
        self._spool = spool
        self._check_callback = check_callback
        self._terms = terms
        self._clock = clock
        self.arrived = asyncio.Event()

    async def accept(
        self, admitted: Admitted, version: str, headers: Headers, body: bytes
    ) -> AsyncRequest:
        """Queue the inference; raises QueueFull, MalformedRequest for bad terms, OSError."""
        request = self._write(admitted, version, headers)
        await asyncio.to_thread(self._keep, request, body)
        self.arrived.set()
        return request

    async def find(self, admitted: Admitted, request: str, *, is_private: bool) -> AsyncRequest:
        """The caller's own request, or any under this name privately; raises NotFound."""
        found = await asyncio.to_thread(self._table.get, request)
        is_mine = is_private or found.principal == admitted.principal.name
        if found.name != admitted.name or not is_mine:
            raise NotFound("asynchronous request", request)
        return found

    async def collect(self, request: AsyncRequest) -> Reply:
        """The answer of a request that has ended; raises NotFound when it has none."""
        if not request.reply:
            raise NotFound("answer of asynchronous request", request.id)
        try:
            body = await asyncio.to_thread(self._spool.get, reply_path(request.id))
        except FileNotFoundError as error:
            raise NotFound("answer of asynchronous request", request.id) from error
        headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in request.reply["headers"].items()
        ]
        return Reply(request.reply["status"], headers, body)

    def locate(self, request: AsyncRequest) -> str:
        """Where the answer will lie."""
        return f"{self._url.rstrip('/')}/{reply_path(request.id)}"

    async def cancel(self, request: AsyncRequest) -> None:
        """Cancel it while it waits; raises Conflict when it runs or has ended."""
        if not await asyncio.to_thread(self._table.cancel, request.id, self._clock.now()):
            now = await asyncio.to_thread(self._table.get, request.id)
            raise Conflict("asynchronous request", request.id, "queued", now.state.value)

    def _keep(self, request: AsyncRequest, body: bytes) -> None:
        self._spool.put(body_path(request.id), body)
        try:
            self._table.add(request, self._terms.max_queued)
        except BaseException:
            self._spool.remove(body_path(request.id))
            raise

    def _write(self, admitted: Admitted, version: str, headers: Headers) -> AsyncRequest:
        now = self._clock.now()
        callback = (header(headers, CALLBACK) or b"").decode("latin-1")
        return AsyncRequest(
            id=uuid4().hex,
            endpoint=EndpointName(admitted.served.spec.name),
            name=admitted.name,
            version=version,
            principal=admitted.principal.name,
            headers=keep_headers(headers) | keep_trace(admitted.caller.trace),
            created_at=now,
            due_at=now,
            expires_at=now + read_expiry(headers, self._terms.expires_s),
            callback=self._check_callback(callback) if callback else "",
        )


def body_path(request: str) -> str:
    """Where a request's body lies in the spool."""
    return f"{request[:2]}/{request}.request"


def reply_path(request: str) -> str:
    """Where its answer's body lies."""
    return f"{request[:2]}/{request}.reply"


def keep_headers(headers: Headers) -> dict[str, str]:
    """The headers that say how the body is to be read and the answer written."""
    return {
        name.decode("latin-1"): value.decode("latin-1") for name, value in headers if name in _KEPT
    }


def keep_trace(trace: Trace | None) -> dict[str, str]:
    """The headers that make the later answer, and the callback, part of the trace; none without one."""
    return {} if trace is None else trace.write_headers(trace.span_id)


def read_expiry(headers: Headers, default_s: float) -> float:
    """For how many seconds the caller wants the request and its answer kept."""
    said = header(headers, EXPIRES)
    if said is None:
        return default_s
    if not said.isdigit() or not 0 < int(said[:9]) <= MAX_EXPIRES_S:
        raise MalformedRequest(f"{EXPIRES.decode()} must be 1 to {MAX_EXPIRES_S:g} seconds")
    return float(int(said))
