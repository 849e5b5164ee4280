import asyncio

import pytest

from core.errors import NoReplica, SignatureMismatch, TidegateError
from core.refs import ResidentId
from gateway.meter import Meter
from registry.records import Traffic

R = ResidentId("iris-main-1")


def turn(meter: Meter, now: float) -> Traffic:
    (found,) = meter.turn("g", now)
    return found


def open_meter() -> Meter:
    meter = Meter()
    assert meter.turn("g", 100.0) == ()
    return meter


@pytest.mark.parametrize(
    ("error", "requests", "errors"),
    [(NoReplica("iris"), 1, 1), (SignatureMismatch("x", "a", "b"), 1, 0)],
)
def test_only_the_servers_faults_are_errors(
    error: TidegateError, requests: int, errors: int
) -> None:
    meter = open_meter()
    with pytest.raises(type(error)), meter.watch(R, 1):
        raise error
    found = turn(meter, 101.0)
    assert (found.requests, found.errors, found.latencies.total) == (requests, errors, 0)


def test_a_request_that_its_caller_gave_up_counts_for_nothing() -> None:
    meter = open_meter()
    with pytest.raises(asyncio.CancelledError), meter.watch(R, 3):
        raise asyncio.CancelledError
    found = turn(meter, 101.0)
    assert (found.requests, found.outstanding) == (0, 3)


def test_a_span_is_written_again_while_it_is_open_and_only_when_it_changes() -> None:
    meter = open_meter()
    with meter.watch(R, 2), meter.watch(R, 5):
        assert turn(meter, 101.0).outstanding == 7
    assert (turn(meter, 102.0).span, meter.turn("g", 103.0)) == (100, ())
    with meter.watch(R, 1):
        pass
    found = turn(meter, 104.0)
    assert (found.requests, found.latencies.total, found.outstanding) == (3, 3, 7)


def test_the_next_span_begins_anew_with_what_is_still_there() -> None:
    meter = open_meter()
    with meter.watch(R, 4):
        assert turn(meter, 106.0).requests == 0
        found = turn(meter, 107.0)
        assert (found.span, found.outstanding, found.requests) == (105, 4, 0)
    assert turn(meter, 111.0).requests == 1
    assert meter.turn("g", 116.0) == meter.turn("g", 121.0) == ()


def test_who_waits_is_seen_and_news() -> None:
    async def wait() -> Traffic:
        meter = open_meter()
        asyncio.get_running_loop().call_soon(meter.wait, R)
        await meter.pause(30.0)
        meter.leave(R)
        await meter.pause(0.0)
        return turn(meter, 101.0)

    assert asyncio.run(wait()).waiting == 1
