import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind

from gateway.spans import describe, make_spans, name_span, place_stages
from gateway.spent import Spent
from gateway.trace import Traced
from tests.fakes.traced import BEGAN, HOP_ID, PARENT_ID, SPAN_ID, TRACE_ID, make_traced, spend

MS = 1_000_000


def spans_of(traced: Traced) -> dict[str, ReadableSpan]:
    return {span.name: span for span in make_spans(traced, Resource({}))}


def test_the_gateways_span_continues_the_callers() -> None:
    span = spans_of(make_traced())["POST flowers"]
    assert span.context is not None
    assert span.parent is not None
    assert span.context.trace_id == int(TRACE_ID, 16)
    assert (span.context.span_id, span.parent.span_id) == (int(SPAN_ID, 16), int(PARENT_ID, 16))
    assert (span.kind, span.parent.is_remote) == (SpanKind.SERVER, True)
    assert (span.end_time or 0) - (span.start_time or 0) == 12 * MS


def test_stages_are_its_children_and_the_replicas_are_the_hops() -> None:
    spans = spans_of(make_traced())
    assert list(spans) == ["POST flowers", "auth", "upstream", "queue", "compute"]
    parents = {name: span.parent.span_id for name, span in spans.items() if span.parent}
    assert (parents["auth"], parents["upstream"]) == (int(SPAN_ID, 16), int(SPAN_ID, 16))
    assert (parents["queue"], parents["compute"]) == (int(HOP_ID, 16), int(HOP_ID, 16))
    ids = {span.context.span_id for span in spans.values() if span.context}
    assert len(ids) == 5


def test_what_the_replica_measured_lies_in_the_middle_of_the_hop() -> None:
    start = round(BEGAN * 1e9)
    found = {
        name: ((span.start_time or 0) - start, (span.end_time or 0) - start)
        for name, span in spans_of(make_traced()).items()
    }
    wanted = {"upstream": (2, 10), "queue": (3, 5), "compute": (5, 9), "auth": (1, 2)}
    for name, (begins, ends) in wanted.items():
        assert found[name] == pytest.approx((begins * MS, ends * MS), abs=1000)


TIMES = st.floats(-1.0, 2.0)
NANOSECONDS = st.integers(0, 3 * 10**9)


@given(TIMES, TIMES, TIMES, TIMES, NANOSECONDS, NANOSECONDS)
def test_whatever_was_measured_children_lie_within_their_parents(
    auth_at: float, auth_s: float, at: float, upstream_s: float, queue_ns: int, compute_ns: int
) -> None:
    said = b"%d,%d" % (queue_ns, compute_ns)
    spent = spend(BEGAN + auth_at, auth_s, BEGAN + at, upstream_s, said)
    whole = range(round(BEGAN * 1e9), round((BEGAN + 1) * 1e9))
    placed = dict(place_stages(spent, whole))
    for name, stage in placed.items():
        parent = whole if name in ("auth", "upstream") else placed["upstream"]
        assert parent.start <= stage.start <= stage.stop <= parent.stop


def test_a_request_that_came_to_no_replica_has_no_hop() -> None:
    assert list(spans_of(make_traced(spent=spend(BEGAN, 0.001)))) == ["POST flowers", "auth"]
    assert list(spans_of(make_traced(spent=Spent()))) == ["POST flowers"]


def test_attributes_say_who_answered_and_how_it_went() -> None:
    assert describe(make_traced()) == {
        "tidegate.listener": "public",
        "tidegate.route": "flowers",
        "tidegate.stage": "prod",
        "tidegate.endpoint": "iris",
        "tidegate.variant": "main",
        "tidegate.model": "flowers",
        "tidegate.version": 1,
        "tidegate.rows": 3,
        "http.request.method": "POST",
        "url.path": "/v2/models/flowers/infer",
        "http.response.status_code": 200,
    }


def test_only_our_own_failures_are_errors() -> None:
    refused, broken = make_traced(status=429), make_traced(status=503)
    assert "error.type" not in describe(refused)
    assert spans_of(refused)["POST flowers"].status.status_code.name == "UNSET"
    assert describe(broken)["error.type"] == "503"
    assert spans_of(broken)["POST flowers"].status.status_code.name == "ERROR"


def test_other_doors_have_other_attributes() -> None:
    rpc = describe(make_traced("private_grpc"))
    assert rpc["rpc.system"] == "grpc"
    assert {"url.path", "tidegate.route"} & set(rpc) == set()
    assert "url.path" not in describe(make_traced("async"))
    assert spans_of(make_traced("async"))["POST flowers"].kind is SpanKind.CONSUMER


def test_a_method_that_was_made_up_is_no_name() -> None:
    odd = make_traced(method="X" * 99)
    assert (name_span(odd), describe(odd)["http.request.method"]) == ("HTTP flowers", "_OTHER")
