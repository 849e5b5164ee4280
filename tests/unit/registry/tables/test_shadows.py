from dataclasses import replace
from math import inf

from core.agreement import Agreement
from core.latencies import Latencies
from core.refs import ResidentId
from registry.platform import Platform
from registry.records import Comparison

SPAN = Comparison(
    gateway="g1",
    resident=ResidentId("iris-next-1"),
    span=100,
    compared=3,
    agreed=2,
    failed=1,
    dropped=4,
    latencies=Latencies((0, 3)),
    live_latencies=Latencies((3,)),
    outputs={"label": Agreement(6, 5, 0.0), "other": Agreement(6, 0, inf)},
)


def test_a_span_is_read_back_as_it_was_written(platform: Platform) -> None:
    platform.shadows.put([SPAN])
    assert platform.shadows.list(SPAN.resident) == (SPAN,)
    assert platform.shadows.list(ResidentId("other")) == ()


def test_a_later_reading_takes_the_place_of_the_one_before(platform: Platform) -> None:
    platform.shadows.put([SPAN])
    platform.shadows.put([replace(SPAN, compared=9)])
    platform.shadows.put([])
    assert [one.compared for one in platform.shadows.list(SPAN.resident)] == [9]


def test_old_spans_are_left_out_and_swept(platform: Platform) -> None:
    platform.shadows.put([SPAN, replace(SPAN, span=105)])
    assert [one.span for one in platform.shadows.list(SPAN.resident, 101.0)] == [105]
    assert platform.shadows.sweep(105.0) == 1
