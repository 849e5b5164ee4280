"""The tracer: gives each request its part in a trace, and tells the spool of those that are sampled."""

from collections.abc import Callable
from random import Random
from typing import Protocol

from core.http import Headers
from core.trace_context import read_traceparent, read_tracestate
from gateway.spent import Spent
from gateway.trace import Trace, Traced

_LOW = 2**64 - 1
# No id may be nought: a bit of each is set.
_NOT_NOUGHT = 2**128 | 2**64 | 1


class Traceable(Protocol):
    """What an exchange shows at its end to whoever traces it."""

    principal: str
    arrived_at: float
    rows: int
    answered_by: str
    spent: Spent

    @property
    def method(self) -> str:
        """The HTTP method."""
        ...

    @property
    def raw_path(self) -> bytes:
        """The path as it came."""
        ...

    @property
    def stage(self) -> str:
        """The stage that was named."""
        ...


class Tracer:
    """Belongs to one event loop. `share` of the requests whose caller did not decide are sampled."""

    def __init__(self, offer: Callable[[Traced], None], share: float) -> None:
        self._offer = offer
        # As OpenTelemetry's samplers draw: whoever sees a trace with the same share decides the same.
        self._bound = round(share * 2**64)
        # Not for secrets: ids are told to whoever asks.
        self._bits = Random().getrandbits  # noqa: S311

    def begin(self, headers: Headers) -> Trace:
        """The request's trace: the caller's where its `traceparent` is good, else a new one."""
        parent = read_traceparent(headers)
        number = self._bits(256) | _NOT_NOUGHT
        ids = f"{number:064x}"
        if parent is None:
            return Trace(ids[:32], ids[32:48], ids[48:], self._draws(number >> 128))
        return Trace(
            parent.trace_id,
            ids[32:48],
            ids[48:],
            parent.is_sampled,
            parent.span_id,
            parent.is_sampled,
            read_tracestate(headers),
        )

    def end(
        self, trace: Trace, listener: str, name: str, seen: Traceable, status: int, now: float
    ) -> None:
        """The request was answered. Publicly, who is not let in decides nothing."""
        if not trace.is_sampled:
            return
        is_stranger = not seen.principal and listener.startswith("public")
        if is_stranger and trace.is_asked and not self._draws(int(trace.trace_id, 16)):
            return
        self._offer(
            Traced(
                trace, seen.spent, listener, name, seen.method, seen.raw_path.decode("latin-1"),
                seen.stage, seen.answered_by, status, seen.rows, seen.arrived_at, now,
            )
        )  # fmt: skip

    def _draws(self, number: int) -> bool:
        return number & _LOW < self._bound
