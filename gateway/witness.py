"""The witness: tells of each request that was answered, to metrics, to the ledger and to the access log."""

from typing import Protocol

from core.clock import Clock
from gateway.journal import Journal
from gateway.ledger import Ledger
from gateway.metrics import RequestMetrics
from gateway.spent import Spent
from gateway.trace import Trace
from gateway.tracer import Tracer


class Seen(Protocol):
    """What an exchange shows of itself at its end."""

    name: str
    principal: str
    inference_id: str
    arrived_at: float
    held_bytes: int
    rows: int
    answered_by: str
    spent: Spent
    trace: Trace | None

    @property
    def stage(self) -> str:
        """The stage that was named."""
        ...

    @property
    def method(self) -> str:
        """The HTTP method."""
        ...

    @property
    def raw_path(self) -> bytes:
        """The path as it came."""
        ...

    @property
    def address(self) -> str:
        """Where it came from."""
        ...


class Witness:
    """Belongs to one event loop. `tracer` is None where nothing is traced."""

    def __init__(
        self,
        metrics: RequestMetrics,
        ledger: Ledger,
        journal: Journal | None,
        clock: Clock,
        tracer: Tracer | None = None,
    ) -> None:
        self.tracer = tracer
        self.metrics = metrics
        self._ledger = ledger
        self._journal = journal
        self._clock = clock

    def tell(
        self, label: str, seen: Seen, status: int, bytes_out: int = 0, request_id: str = ""
    ) -> None:
        """A request was answered, at this listener, with so many bytes."""
        now = self._clock.now()
        seconds = now - seen.arrived_at
        # What callers that were not let in made up is no label.
        name = "" if status in (401, 404) else seen.name
        self.metrics.record(label, name, status, seconds)
        self.metrics.stages.count(label, name, seen.spent)
        trace = seen.trace
        if trace is not None and self.tracer is not None:
            self.tracer.end(trace, label, name, seen, status, now)
        if seen.principal and label.startswith("public"):
            sizes = seen.rows, seen.held_bytes, bytes_out
            self._ledger.record(seen.name, seen.principal, status, sizes, now)
        if self._journal is not None:
            self._journal.write(
                (
                    seen.arrived_at, label, request_id, seen.inference_id, seen.address, seen.method,
                    seen.raw_path, seen.stage, name, seen.principal, status, seconds, seen.held_bytes,
                    bytes_out, "" if trace is None else trace.trace_id,
                )
            )  # fmt: skip
