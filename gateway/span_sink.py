"""Span sinks: where the spans of sampled requests go. One file each, loaded where a collector is named."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.trace import Traced

SPAN_SINKS: Mapping[str, str] = {"otlp": "gateway.span_sinks.otlp:OtlpSink"}


class SpanSink(Protocol):
    """Called by one thread at a time; `instance` names this gateway process."""

    def __init__(self, url: str, instance: str) -> None: ...

    def send(self, batch: Sequence[Traced]) -> bool:
        """Hand over the spans of these requests; whether they arrived. May take seconds."""
        ...

    def close(self) -> None:
        """Give up what is being sent; any thread may call it, once."""
        ...
