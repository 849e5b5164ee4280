"""Facades: outside protocols over HTTP. One file each in `gateway/facades`; they only translate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

from core.errors import MalformedRequest, TidegateError
from core.http import Headers, Receive, Reply, Scope, Streamed, header, read_body
from gateway.budget import Budget
from gateway.call import Call
from gateway.caller import Certificate
from gateway.certificate import read_certificate
from gateway.entrance import Admitted
from gateway.freshness import Freshness
from gateway.identity import is_sane
from gateway.plane import DataPlane
from gateway.scribe import Scribe
from gateway.spent import Spent
from gateway.trace import Trace

FACADES: Mapping[str, str] = {
    "open_inference": "gateway.facades.open_inference:OpenInferenceFacade",
    "asynchronous": "gateway.facades.asynchronous:AsynchronousFacade",
    "explanation": "gateway.facades.explanation:ExplanationFacade",
    "sagemaker": "gateway.facades.sagemaker:SageMakerFacade",
    "documents": "gateway.facades.documents:DocumentsFacade",
    "plain_json": "gateway.facades.plain_json:PlainJsonFacade",
}


@dataclass(slots=True)
class Exchange:
    """One HTTP exchange on its way through a facade; it shows who is calling.

    The facade notes the `name` that the caller used, for metrics, as soon as it knows it. What the
    exchange holds of the gateway's `budget` is given back when it has ended. `path` is without the stage
    that it may have begun with. `replied` are headers that go with whatever the answer will be.
    """

    scope: Scope
    path: str
    receive: Receive
    inference_id: str
    arrived_at: float
    budget: Budget
    stage: str = ""
    name: str = ""
    held_bytes: int = 0
    principal: str = ""
    rows: int = 0
    answered_by: str = ""
    freshness: Freshness | None = None
    spent: Spent = field(default_factory=Spent)
    trace: Trace | None = None
    replied: Headers = field(default_factory=list)

    @property
    def method(self) -> str:
        """The HTTP method."""
        method: str = self.scope["method"]
        return method

    @property
    def headers(self) -> Headers:
        """The request's headers, names in lower case."""
        headers: Headers = self.scope["headers"]
        return headers

    @property
    def raw_path(self) -> bytes:
        """The path as it came, stage included."""
        raw: bytes = self.scope.get("raw_path", b"")
        return raw

    @property
    def query(self) -> bytes:
        """What stands behind the question mark."""
        query: bytes = self.scope.get("query_string", b"")
        return query

    @property
    def address(self) -> str:
        """The IP address that the request came from."""
        client = self.scope.get("client")
        return client[0] if client else ""

    @property
    def host(self) -> str:
        """The host that was asked for, lower case and without its port."""
        return read_host(header(self.headers, b"host") or b"")

    @property
    def certificate(self) -> Certificate | None:
        """The client's certificate, where the listener asked for one."""
        return read_certificate(self.scope)

    def take(self, count: int) -> None:
        """Hold so many bytes more; raises QueueFull when the gateway holds too many already."""
        self.budget.take(count)
        self.held_bytes += count

    async def read(self, limit_bytes: int, admitted: Admitted | None = None) -> bytes:
        """The body, which is the one that the caller's credential speaks of.

        Raises PayloadTooLarge, QueueFull, ClientGone, MalformedRequest, Unauthenticated.
        """
        route = None if admitted is None else admitted.route
        if route is not None and route.max_body_bytes is not None:
            limit_bytes = min(limit_bytes, route.max_body_bytes)
        body = await read_body(self.receive, self.headers, limit_bytes, self.take)
        if admitted is not None and admitted.principal.confirm is not None:
            began = perf_counter()
            admitted.principal.confirm(body)
            self.spent.confirm_s += perf_counter() - began
        return body

    def adopt_inference_id(self, given: bytes) -> None:
        """Let the request have this id, where it can be one; raises MalformedRequest."""
        if not is_sane(given):
            raise MalformedRequest(
                "an inference id is 1 to 128 letters, digits, '.', '_', ':' or '-'"
            )
        self.inference_id = given.decode("ascii")

    def call(self, name: str, version: str = "") -> Call:
        """The plane's view of this exchange."""
        self.name = name
        return Call(name, version, self, self.inference_id, self.arrived_at)


def read_host(value: bytes) -> str:
    """The host of a `Host` header: lower case, without its port."""
    host = value.decode("latin-1").strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


class Facade(Protocol):
    """Built once for each listener; called once for each request whose path starts with `prefix`."""

    prefix: str

    def __init__(self, plane: DataPlane, scribe: Scribe) -> None: ...

    async def answer(self, exchange: Exchange) -> Reply | Streamed:
        """Read the request, ask the plane, write the answer. Raises only TidegateError, ClientGone."""
        ...

    def write_error(self, error: TidegateError) -> Reply:
        """The error in this protocol's own form."""
        ...

    def write_crash(self, request_id: str) -> Reply:
        """What to say when we failed in a way that nobody foresaw; tells nothing of the inside."""
        ...
