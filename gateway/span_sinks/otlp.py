"""OTLP over HTTP, in protobuf, to any OpenTelemetry collector."""

import logging
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace.export import SpanExportResult

from core.release import RELEASE
from gateway.spans import make_spans
from gateway.trace import Traced

_PATH = "/v1/traces"
_TIMEOUT_S = 10.0
# Tells each failure of each batch; the spool says once that a collector is gone, and once that it is back.
_CHATTY = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


class OtlpSink:
    """Headers, certificates and compression are those of `OTEL_EXPORTER_OTLP_...`, as everywhere."""

    def __init__(self, url: str, instance: str) -> None:
        logging.getLogger(_CHATTY).setLevel(logging.CRITICAL)
        named = {
            "service.name": "tidegate",
            "service.version": RELEASE,
            "service.instance.id": instance,
        }
        self._resource = Resource(named).merge(OTELResourceDetector().detect())
        self._exporter = OTLPSpanExporter(locate(url), timeout=_TIMEOUT_S)

    def send(self, batch: Sequence[Traced]) -> bool:
        """Hand over the spans of these requests; whether they arrived."""
        spans = [span for traced in batch for span in make_spans(traced, self._resource)]
        return self._exporter.export(spans) is SpanExportResult.SUCCESS

    def close(self) -> None:
        """Give up what is being sent."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call] # the library left its type out


def locate(url: str) -> str:
    """Where a collector takes traces: `/v1/traces` below its URL, unless that says so already."""
    base = url.rstrip("/")
    return base if base.endswith(_PATH) else base + _PATH
