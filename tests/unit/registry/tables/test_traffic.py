from core.latencies import Latencies
from core.refs import ResidentId
from registry.platform import Platform
from registry.records import Traffic

SPAN = Traffic("g1", ResidentId("iris-main-1"), 100, 3, 1, Latencies((0, 2)), 4, 5)


def test_a_span_is_read_back_as_it_was_written(platform: Platform) -> None:
    before = platform.database.generation()
    platform.traffic.put([SPAN])
    assert platform.traffic.list() == (SPAN,)
    assert platform.database.generation() == before


def test_a_later_reading_of_a_span_takes_the_place_of_the_one_before(platform: Platform) -> None:
    later = Traffic("g1", SPAN.resident, 100, requests=9)
    other = Traffic("g2", SPAN.resident, 105)
    platform.traffic.put([SPAN])
    platform.traffic.put([later, other])
    platform.traffic.put([])
    assert platform.traffic.list() == (later, other)


def test_old_spans_are_left_out_and_swept(platform: Platform) -> None:
    platform.traffic.put([SPAN, Traffic("g1", SPAN.resident, 105)])
    assert [one.span for one in platform.traffic.list(101.0)] == [105]
    assert platform.traffic.sweep(105.0) == 1
    assert [one.span for one in platform.traffic.list()] == [105]
