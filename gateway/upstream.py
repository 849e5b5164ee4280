"""The upstream: how the gateway asks a replica. One file each in `gateway/upstreams`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from core.http import Headers

UPSTREAMS: Mapping[str, str] = {
    "http1": "gateway.upstreams.http1:Http1Upstream",
}


@dataclass(frozen=True, slots=True)
class UpstreamReply:
    """A replica's whole answer."""

    status: int
    headers: Headers
    body: bytes


class Broken(Exception):
    """No whole answer came. `is_refused`: nobody listens at the address.

    A connection that had been kept may have been closed while it was idle, which says nothing about the
    replica; a new one that breaks does.
    """

    def __init__(self, detail: str, *, is_refused: bool) -> None:
        super().__init__(detail)
        self.is_refused = is_refused


class Upstream(Protocol):
    """Sends requests to replicas over kept connections. Belongs to one event loop."""

    async def ask(self, address: str, message: bytes, timeout_s: float) -> UpstreamReply:
        """Send one whole HTTP/1.1 request to `address` (host:port) and wait for its answer.

        Raises Broken, and TimeoutError after `timeout_s`. Cancelling closes the connection.
        """
        ...

    def close(self) -> None:
        """Close all connections."""
        ...
