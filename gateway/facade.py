"""Facades: outside protocols over HTTP. One file each in `gateway/facades`; they only translate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from core.errors import TidegateError
from core.http import Headers, Receive, Reply, Streamed, read_body
from gateway.budget import Budget
from gateway.plane import Call, DataPlane
from gateway.scribe import Scribe

FACADES: Mapping[str, str] = {
    "open_inference": "gateway.facades.open_inference:OpenInferenceFacade",
    "asynchronous": "gateway.facades.asynchronous:AsynchronousFacade",
    "explanation": "gateway.facades.explanation:ExplanationFacade",
    "plain_json": "gateway.facades.plain_json:PlainJsonFacade",
}


@dataclass(slots=True)
class Exchange:
    """One HTTP exchange on its way through a facade.

    The facade notes the `name` that the caller used, for metrics, as soon as it knows it. What the
    exchange holds of the gateway's `budget` is given back when it has ended.
    """

    method: str
    path: str
    headers: Headers
    receive: Receive
    inference_id: str
    arrived_at: float
    budget: Budget
    name: str = ""
    held_bytes: int = 0

    def take(self, count: int) -> None:
        """Hold so many bytes more; raises QueueFull when the gateway holds too many already."""
        self.budget.take(count)
        self.held_bytes += count

    async def read(self, limit_bytes: int) -> bytes:
        """The body; raises PayloadTooLarge, QueueFull, ClientGone, MalformedRequest."""
        return await read_body(self.receive, self.headers, limit_bytes, self.take)

    def call(self, name: str, version: str = "") -> Call:
        """The plane's view of this exchange."""
        self.name = name
        return Call(name, version, self.headers, self.inference_id, self.arrived_at)


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
