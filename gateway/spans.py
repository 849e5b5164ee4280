"""A traced request as OpenTelemetry's spans: the gateway's own, and its stages below it. Pure.

Names and attributes follow the semantic conventions for HTTP and RPC servers. Source:
https://opentelemetry.io/docs/specs/semconv/
"""

from collections.abc import Iterator
from functools import partial

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.span import TraceState
from opentelemetry.trace.status import Status, StatusCode

from core.release import RELEASE
from gateway.spent import Spent
from gateway.trace import LATER, Traced

_SCOPE = InstrumentationScope("tidegate.gateway", RELEASE)
_SPAN_BITS = 2**64 - 1
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE")
# Callers choose paths: they are long for no good reason.
_MAX_CHARS = 500


def make_spans(traced: Traced, resource: Resource) -> Iterator[ReadableSpan]:
    """All spans of one request; the children lie within their parents."""
    trace = traced.trace
    whole = range(_nanoseconds(traced.began_at), _nanoseconds(traced.ended_at))
    state = TraceState.from_header([trace.state]) if trace.state else TraceState()
    make_context = partial(_make_context, int(trace.trace_id, 16), state=state)
    span = partial(ReadableSpan, resource=resource, instrumentation_scope=_SCOPE)
    own = make_context(int(trace.span_id, 16))
    parent = make_context(int(trace.parent_id, 16), is_remote=True) if trace.parent_id else None
    is_broken = traced.status >= 500
    yield span(
        name_span(traced),
        own,
        parent,
        kind=SpanKind.CONSUMER if traced.listener == LATER else SpanKind.SERVER,
        attributes=describe(traced),
        status=Status(StatusCode.ERROR if is_broken else StatusCode.UNSET),
        start_time=whole.start,
        end_time=whole.stop,
    )
    hop = int(trace.hop_id, 16)
    for number, (stage, within) in enumerate(place_stages(traced.spent, whole)):
        is_hop = stage == "upstream"
        yield span(
            stage,
            # Ids that follow from the hop's are as good as others, and nobody had to make them.
            make_context(hop if is_hop else (hop + number + 1) & _SPAN_BITS or 1),
            own if stage in ("auth", "upstream") else make_context(hop),
            kind=SpanKind.CLIENT if is_hop else SpanKind.INTERNAL,
            start_time=within.start,
            end_time=within.stop,
        )


def place_stages(spent: Spent, whole: range) -> Iterator[tuple[str, range]]:
    """Each stage that the request came to, and its time within the whole (Unix nanoseconds).

    The replica tells how long, not when, for its clock is another: `queue` and `compute` are placed in
    the middle of the hop, as if the way there took as long as the way back.
    """
    if spent.auth_s >= 0:
        yield "auth", _place(spent.auth_at, spent.auth_s, whole)
    if spent.upstream_s < 0:
        return
    hop = _place(spent.upstream_at, spent.upstream_s, whole)
    yield "upstream", hop
    queue_s, compute_s = spent.read()
    if queue_s >= 0:
        way_s = max(0.0, spent.upstream_s - queue_s - compute_s) / 2
        queue = _place(spent.upstream_at + way_s, queue_s, hop)
        yield "queue", queue
        yield "compute", _place(queue.stop / 1e9, compute_s, range(queue.stop, hop.stop))


def name_span(traced: Traced) -> str:
    """The method and the route's or endpoint's name, which is empty for what was made up."""
    method = traced.method if traced.method in _METHODS else "HTTP"
    return f"{method} {traced.name}".rstrip()


def describe(traced: Traced) -> dict[str, str | int]:
    """The attributes: who answered, and how it went; never keys, queries or bodies."""
    status = traced.status
    resident, method = traced.trace.resident, traced.method
    told: dict[str, str | int] = {
        "tidegate.listener": traced.listener,
        "tidegate.route": traced.name if traced.listener.startswith("public") else "",
        "tidegate.stage": traced.stage[:_MAX_CHARS],
        "tidegate.variant": traced.variant,
        "tidegate.rows": traced.rows,
    }
    if traced.listener.endswith("_grpc"):
        told["rpc.system"] = "grpc"
    elif traced.listener != LATER:
        told["http.request.method"] = method if method in _METHODS else "_OTHER"
        told["url.path"] = traced.path[:_MAX_CHARS]
    if resident is not None:
        told["tidegate.endpoint"] = resident.endpoint
        told["tidegate.model"] = resident.model
        told["tidegate.version"] = resident.version
    if status >= 500:
        told["error.type"] = str(status)
    told["http.response.status_code"] = status
    return {name: value for name, value in told.items() if value != ""}


def _make_context(
    trace: int, span: int, state: TraceState, *, is_remote: bool = False
) -> SpanContext:
    return SpanContext(trace, span, is_remote, TraceFlags(TraceFlags.SAMPLED), state)


def _place(began_at: float, seconds: float, parent: range) -> range:
    """Unix seconds are floats and not good to the nanosecond: what sticks out is cut off."""
    start = min(max(_nanoseconds(began_at), parent.start), max(parent.start, parent.stop))
    return range(start, max(start, min(start + _nanoseconds(seconds), parent.stop)))


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
