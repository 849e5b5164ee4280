from core.trace_context import TraceParent, read_traceparent, read_tracestate
from tests.fakes.traced import HOP_ID, SPAN_ID, TRACE_ID, make_trace


def test_the_hop_is_the_replicas_parent() -> None:
    lines = make_trace(state="a=1,b=2").write_hop().split(b"\r\n")
    headers = [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
    assert read_traceparent(headers) == TraceParent(TRACE_ID, HOP_ID, is_sampled=True)
    assert read_tracestate(headers) == "a=1,b=2"
    assert lines[-1] == b""


def test_without_a_state_nothing_is_said_of_one() -> None:
    trace = make_trace(is_sampled=False)
    assert trace.write_headers(SPAN_ID) == {"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-00"}
