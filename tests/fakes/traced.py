"""Requests that were traced, with times that are easy to add up."""

from gateway.spent import Spent
from gateway.trace import Trace, Traced
from tests.fakes.gateway import make_resident

TRACE_ID, SPAN_ID, PARENT_ID, HOP_ID = "a" * 32, "b" * 16, "c" * 16, "d" * 16
BEGAN = 1_700_000_000.0


def make_trace(*, is_sampled: bool = True, state: str = "") -> Trace:
    trace = Trace(TRACE_ID, SPAN_ID, HOP_ID, is_sampled, PARENT_ID, is_asked=True, state=state)
    trace.resident = make_resident()
    return trace


def make_spent() -> Spent:
    """1 ms to let it in, 8 ms at the replica: 2 in the queue, 4 computed, so 1 each way."""
    return spend(BEGAN + 0.001, 0.001, BEGAN + 0.002, 0.008, b"2000000,4000000")


def spend(
    auth_at: float, auth_s: float = 0.0, at: float = 0.0, upstream_s: float = 0.0, said: bytes = b""
) -> Spent:
    """Times that begin when they are told to, and take so long; `said` is what the replica says."""
    replied = [(b"x-tidegate-spent", said)] if said else None
    return Spent(auth_at, auth_at + auth_s, 0.0, at, at + upstream_s, replied)


def make_traced(
    listener: str = "public", status: int = 200, method: str = "POST", spent: Spent | None = None
) -> Traced:
    """One of 12 ms."""
    return Traced(
        make_trace(), make_spent() if spent is None else spent, listener, "flowers", method,
        "/v2/models/flowers/infer", "prod", "main", status, 3, BEGAN, BEGAN + 0.012,
    )  # fmt: skip
