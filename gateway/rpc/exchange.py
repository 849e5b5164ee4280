"""One RPC, or one request of a stream, on its way through the service."""

from dataclasses import dataclass
from typing import Any

from core.http import Headers
from gateway.budget import Budget
from gateway.plane import Call

_MAX_HEADER_CHARS = 8192


@dataclass(slots=True)
class Exchange:
    """As `gateway.facade.Exchange`: notes the `name` for metrics, and what it holds of the budget.

    `left_s` is how long the caller waits, None where it set no deadline.
    """

    headers: Headers
    inference_id: str
    arrived_at: float
    left_s: float | None
    budget: Budget
    name: str = ""
    held_bytes: int = 0

    def take(self, count: int) -> None:
        """Hold so many bytes more; raises QueueFull when the gateway holds too many already."""
        self.budget.take(count)
        self.held_bytes += count

    def call(self, name: str, version: str) -> Call:
        """The plane's view of this exchange."""
        self.name = name
        return Call(name, version, self.headers, self.inference_id, self.arrived_at)


def read_headers(metadata: Any) -> Headers:
    """Metadata as headers: text only, stripped (perf_analyzer sends ` Bearer x`)."""
    return [
        (key.encode("latin-1"), value.strip().encode("latin-1", errors="replace"))
        for key, value in metadata or ()
        if isinstance(value, str) and len(value) <= _MAX_HEADER_CHARS
    ]
