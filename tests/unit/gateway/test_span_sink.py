import pytest

from core.plugins import load
from gateway.span_sink import SPAN_SINKS, SpanSink
from tests.fakes.collector import collecting
from tests.fakes.traced import make_traced


@pytest.mark.parametrize("kind", SPAN_SINKS)
def test_each_sink_says_whether_spans_arrived(kind: str) -> None:
    with collecting() as collector:
        sink: SpanSink = load("span sink", SPAN_SINKS, kind)(collector.url, "gateway-1")
        assert sink.send([make_traced(), make_traced(status=503)])
        assert [span.is_error for span in collector.spans if span.kind == "SERVER"] == [False, True]
        collector.status = 400
        assert not sink.send([make_traced()])
        sink.close()
        assert not sink.send([make_traced()])
