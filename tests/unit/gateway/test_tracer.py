import pytest

from gateway.caller import PlainCaller
from gateway.trace import Trace, Traced
from gateway.tracer import Tracer

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def make_tracer(share: float = 0.0) -> tuple[Tracer, list[Traced]]:
    got: list[Traced] = []
    return Tracer(got.append, share), got


def begin(tracer: Tracer, flags: str = "", state: str = "") -> Trace:
    headers = [(b"traceparent", f"00-{TRACE}-{SPAN}-{flags}".encode())] if flags else []
    return tracer.begin([*headers, (b"tracestate", state.encode())])


def end(tracer: Tracer, trace: Trace, principal: str = "ann", listener: str = "public") -> None:
    caller = PlainCaller(principal=principal, rows=2, answered_by="main", arrived_at=1.0)
    tracer.end(trace, listener, "flowers", caller, 200, 2.0)


def test_the_callers_trace_goes_on_with_spans_of_our_own() -> None:
    trace = begin(make_tracer()[0], "01", "a=1")
    assert (trace.trace_id, trace.parent_id, trace.state) == (TRACE, SPAN, "a=1")
    assert len({trace.span_id, trace.hop_id, SPAN}) == 3
    assert len(trace.span_id) == len(trace.hop_id) == 16


def test_without_a_good_parent_a_trace_begins_and_the_state_is_dropped() -> None:
    tracer, _ = make_tracer()
    first, second = begin(tracer, "0", "a=1"), begin(tracer)
    assert first.trace_id != second.trace_id != TRACE
    assert (first.parent_id, first.state, len(first.trace_id)) == ("", "", 32)


@pytest.mark.parametrize(("share", "sampled"), [(0.0, 0), (1.0, 400)])
def test_none_or_all_are_sampled(share: float, sampled: int) -> None:
    tracer, _ = make_tracer(share)
    assert sum(begin(tracer).is_sampled for _ in range(400)) == sampled


def test_about_a_share_is_sampled() -> None:
    tracer, _ = make_tracer(0.25)
    assert 300 < sum(begin(tracer).is_sampled for _ in range(2000)) < 700


@pytest.mark.parametrize(("share", "flags"), [(0.0, "01"), (1.0, "00")])
def test_the_callers_decision_counts_for_more_than_the_share(share: float, flags: str) -> None:
    tracer, got = make_tracer(share)
    end(tracer, begin(tracer, flags))
    assert len(got) == (flags == "01")


def test_what_ended_is_told_once_and_whole() -> None:
    tracer, got = make_tracer(1.0)
    trace = begin(tracer)
    end(tracer, trace)
    (traced,) = got
    assert (traced.trace, traced.name, traced.rows, traced.variant) == (trace, "flowers", 2, "main")
    assert (traced.began_at, traced.ended_at, traced.status) == (1.0, 2.0, 200)


def test_strangers_cannot_have_themselves_traced() -> None:
    tracer, got = make_tracer()
    end(tracer, begin(tracer, "01"), principal="")
    assert got == []
    end(tracer, begin(tracer, "01"), principal="", listener="private")
    assert len(got) == 1
    tracer, got = make_tracer(1.0)
    end(tracer, begin(tracer, "01"), principal="")
    assert len(got) == 1
