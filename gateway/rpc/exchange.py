"""One RPC, or one request of a stream, on its way through the service."""

from dataclasses import dataclass, field
from typing import Any

from core.http import Headers, header
from gateway.budget import Budget
from gateway.call import Call
from gateway.caller import Certificate
from gateway.freshness import Freshness
from gateway.spent import Spent
from gateway.trace import Trace

STAGE = b"x-tidegate-stage"
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
    address: str = ""
    certificate: Certificate | None = None
    principal: str = ""
    rows: int = 0
    answered_by: str = ""
    freshness: Freshness | None = None
    spent: Spent = field(default_factory=Spent)
    trace: Trace | None = None
    replied: Headers = field(default_factory=list)
    method: str = "POST"
    raw_path: bytes = b""
    query: bytes = b""

    @property
    def host(self) -> str:
        """Clients of gRPC name their host in `:authority`, which the library keeps to itself."""
        return ""

    @property
    def stage(self) -> str:
        """The stage that the metadata names."""
        return (header(self.headers, STAGE) or b"").decode("latin-1")

    def take(self, count: int) -> None:
        """Hold so many bytes more; raises QueueFull when the gateway holds too many already."""
        self.budget.take(count)
        self.held_bytes += count

    def call(self, name: str, version: str) -> Call:
        """The plane's view of this exchange."""
        self.name = name
        return Call(name, version, self, self.inference_id, self.arrived_at)


def read_headers(metadata: Any) -> Headers:
    """Metadata as headers: text only, stripped (perf_analyzer sends ` Bearer x`)."""
    return [
        (key.encode("latin-1"), value.strip().encode("latin-1", errors="replace"))
        for key, value in metadata or ()
        if isinstance(value, str) and len(value) <= _MAX_HEADER_CHARS
    ]
