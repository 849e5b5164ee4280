from collections.abc import Iterator
from time import monotonic

import pytest

from core.plugins import load
from core.release import RELEASE
from gateway.span_sink import SPAN_SINKS, SpanSink
from gateway.span_sinks.otlp import OtlpSink, locate
from gateway.span_spool import SpanSpool
from tests.fakes.collector import Collector, collecting
from tests.fakes.traced import SPAN_ID, TRACE_ID, make_traced


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as one:
        yield one


def open_sink(url: str) -> SpanSink:
    sink: SpanSink = load("span sink", SPAN_SINKS, "otlp")(url, "gateway-1")
    return sink


@pytest.mark.parametrize("url", ["http://c:4318", "http://c:4318/", "http://c:4318/v1/traces"])
def test_traces_go_below_the_collectors_url(url: str) -> None:
    assert locate(url) == "http://c:4318/v1/traces"


def test_spans_arrive_as_they_were_made(collector: Collector) -> None:
    sink = open_sink(collector.url)
    assert sink.send([make_traced()])
    sink.close()
    own, *stages = collector.spans
    assert collector.paths == ["/v1/traces"]
    assert (own.trace_id, own.span_id, own.kind) == (TRACE_ID, SPAN_ID, "SERVER")
    assert own.attributes["tidegate.route"] == "flowers"
    assert own.attributes["tidegate.version"] == 1
    assert own.service == {
        "service.name": "tidegate",
        "service.version": RELEASE,
        "service.instance.id": "gateway-1",
    }
    spans = {span.name: span for span in stages}
    assert own.holds(spans["auth"])
    assert own.holds(spans["upstream"])
    assert spans["upstream"].holds(spans["queue"])
    assert spans["upstream"].holds(spans["compute"])


def test_a_collector_that_refuses_is_told_of(collector: Collector) -> None:
    sink = open_sink(collector.url)
    collector.status = 400
    assert not sink.send([make_traced()])
    collector.status = 200
    assert sink.send([make_traced()])


def test_a_collector_that_is_gone_is_given_up_at_the_end() -> None:
    with collecting() as gone:
        url = gone.url
    sink = OtlpSink(url, "gateway-1")
    spool = SpanSpool(sink, leave_s=0.5)
    spool.offer(make_traced())
    spool.start()
    began = monotonic()
    spool.close()
    # Alone it would try for ten.
    assert monotonic() - began < 5
    assert spool.counts == {"sent": 0, "dropped": 0, "failed": 1}


def test_a_collector_that_never_answers_is_left_at_the_end(collector: Collector) -> None:
    collector.gate.clear()
    spool = SpanSpool(open_sink(collector.url), leave_s=0.2)
    spool.offer(make_traced())
    spool.start()
    began = monotonic()
    spool.close()
    assert collector.asked.wait(10)
    assert monotonic() - began < 5
