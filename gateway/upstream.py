"""The upstream: how the gateway asks a replica. One file each in `gateway/upstreams`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from core.errors import MalformedRequest, ModelError
from core.http import Headers
from core.oip.exchange import read_message
from core.wire import Message
from gateway.flow import Flow

UPSTREAMS: Mapping[str, str] = {
    "http1": "gateway.upstreams.http1:Http1Upstream",
}
MAX_REPLY_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class UpstreamReply:
    """A replica's whole answer."""

    status: int
    headers: Headers
    body: bytes

    @property
    def message(self) -> Message:
        """The body as a message of the protocol; raises ModelError for a bad header length."""
        try:
            return read_message(self.body, self.headers)
        except MalformedRequest as error:
            raise ModelError("the replica's answer cannot be read") from error


class Broken(Exception):
    """No whole answer came. `is_refused`: nobody listens at the address.

    `was_sent`: the request had left on a connection that was open, so that it may have been computed, and
    may be what the replica died of.
    """

    def __init__(self, detail: str, *, is_refused: bool, was_sent: bool = False) -> None:
        super().__init__(detail)
        self.is_refused = is_refused
        self.was_sent = was_sent


class Upstream(Protocol):
    """Sends requests to replicas over kept connections. Belongs to one event loop."""

    async def ask(
        self, address: str, message: bytes, timeout_s: float, *, once: bool = False
    ) -> UpstreamReply:
        """Send one whole HTTP/1.1 request to `address` (host:port) and wait for its answer.

        Raises Broken, and TimeoutError after `timeout_s`. Cancelling closes the connection. A kept
        connection that breaks before an answer costs a new one and a second sending; `once` forbids it.
        """
        ...

    async def stream(
        self, address: str, message: bytes, timeout_s: float, *, once: bool = False
    ) -> Flow:
        """Send as `ask` does, and return as soon as the head of the answer is there.

        The caller closes the flow. `timeout_s` bounds the wait for the head, and for each piece then.
        """
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


async def read_reply(flow: Flow) -> UpstreamReply:
    """The whole answer of a flow, which is closed then; raises Broken and TimeoutError."""
    pieces: list[bytes] = []
    held = 0
    try:
        async for piece in flow:
            pieces.append(piece)
            held += len(piece)
            if held > MAX_REPLY_BYTES:
                raise Broken("its answer is too large", is_refused=False)
    finally:
        flow.close()
    return UpstreamReply(flow.status, flow.headers, b"".join(pieces))
