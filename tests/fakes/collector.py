"""An OpenTelemetry collector: a real HTTP server that reads OTLP's protobuf and keeps the spans."""

import gzip
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True)
class Got:
    """One span as it arrived. Ids are hex, times Unix nanoseconds."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    state: str
    start: int
    end: int
    is_error: bool
    attributes: dict[str, str | int]
    service: dict[str, str | int]

    def holds(self, other: "Got") -> bool:
        """Whether the other is its child, and lies within it."""
        within = self.start <= other.start <= other.end <= self.end
        return within and (other.trace_id, other.parent_id) == (self.trace_id, self.span_id)


class Collector:
    """`status` is what it answers; while `gate` is clear it lets callers wait."""

    def __init__(self) -> None:
        self.spans: list[Got] = []
        self.paths: list[str] = []
        self.status = 200
        self.gate = Event()
        self.gate.set()
        self.asked = Event()
        self.url = ""
        self._arrived = Condition()

    def take(self, path: str, body: bytes) -> None:
        """One export."""
        request = ExportTraceServiceRequest.FromString(body)
        with self._arrived:
            self.paths.append(path)
            for group in request.resource_spans:
                service = read_attributes(group.resource.attributes)
                for scope in group.scope_spans:
                    self.spans += [read_span(span, service) for span in scope.spans]
            self._arrived.notify_all()

    def wait(self, is_wanted: Callable[[Got], bool], count: int = 1) -> list[Got]:
        """The spans that are wanted, once there are so many; all there are after 15 seconds."""
        with self._arrived:
            self._arrived.wait_for(lambda: len(self._find(is_wanted)) >= count, 15)
            return self._find(is_wanted)

    def _find(self, is_wanted: Callable[[Got], bool]) -> list[Got]:
        return [span for span in self.spans if is_wanted(span)]


def read_span(span: Span, service: dict[str, str | int]) -> Got:
    return Got(
        span.name,
        Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.trace_state,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.status.code == 2,
        read_attributes(span.attributes),
        service,
    )


def read_attributes(pairs: Iterable[KeyValue]) -> dict[str, str | int]:
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value")
        for pair in pairs
    }


@contextmanager
def collecting() -> Iterator[Collector]:
    """One that listens, while inside."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.asked.set()
            collector.gate.wait(30)
            if collector.status == 200:
                is_packed = self.headers["content-encoding"] == "gzip"
                collector.take(self.path, gzip.decompress(body) if is_packed else body)
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(collector.status)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.gate.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
