"""One request's part in a trace: the ids of its spans, and what goes on to replicas and callbacks."""

from dataclasses import dataclass

from core.trace_context import write_traceparent
from gateway.spent import Spent
from registry.records import Resident

# Stands in a listener's place where the gateway works off what it took before.
LATER = "async"


@dataclass(slots=True)
class Trace:
    """Ids in lower-case hex: `span_id` is the gateway's span, `hop_id` the one of asking a replica.

    `parent_id` is the caller's span, empty where it named none. `is_asked`: that it is sampled was the
    caller's decision. `resident` is noted once it is known who answers.
    """

    trace_id: str
    span_id: str
    hop_id: str
    is_sampled: bool
    parent_id: str = ""
    is_asked: bool = False
    state: str = ""
    resident: Resident | None = None

    def write_hop(self) -> bytes:
        """The header lines of a request to a replica, whose parent is the hop."""
        # As `write_headers`, for each request: this is a third of its cost.
        flags = "01" if self.is_sampled else "00"
        state = f"tracestate: {self.state}\r\n" if self.state else ""
        return f"traceparent: 00-{self.trace_id}-{self.hop_id}-{flags}\r\n{state}".encode("ascii")

    def write_headers(self, span_id: str) -> dict[str, str]:
        """The headers of what one of our spans asks for."""
        parent = write_traceparent(self.trace_id, span_id, is_sampled=self.is_sampled)
        named = {"traceparent": parent}
        return {**named, "tracestate": self.state} if self.state else named


@dataclass(frozen=True, slots=True)
class Traced:
    """A sampled request that has ended: all that its spans tell. Times are Unix seconds."""

    trace: Trace
    spent: Spent
    listener: str
    name: str
    method: str
    path: str
    stage: str
    variant: str
    status: int
    rows: int
    began_at: float
    ended_at: float
