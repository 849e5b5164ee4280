from dataclasses import replace

import pytest

from core.errors import NotFound, QueueFull
from core.refs import EndpointName
from registry.platform import Platform
from registry.records import AsyncRequest, AsyncState

IRIS = EndpointName("iris")


def make_request(number: int = 1, due_at: float = 0.0, callback: str = "") -> AsyncRequest:
    return AsyncRequest(
        id=f"r{number}",
        endpoint=IRIS,
        name="flowers",
        version="",
        principal="team",
        headers={"content-type": "application/json"},
        created_at=float(number),
        expires_at=100.0,
        due_at=due_at,
        callback=callback,
    )


def add(platform: Platform, *requests: AsyncRequest) -> None:
    for request in requests:
        platform.async_requests.add(request, limit=10)


def test_what_is_queued_can_be_read(platform: Platform) -> None:
    add(platform, make_request())
    assert platform.async_requests.get("r1") == make_request()
    assert platform.async_requests.list(IRIS) == (make_request(),)
    with pytest.raises(NotFound):
        platform.async_requests.get("r2")


def test_a_full_queue_refuses(platform: Platform) -> None:
    platform.async_requests.add(make_request(), limit=1)
    with pytest.raises(QueueFull):
        platform.async_requests.add(make_request(2), limit=1)


def test_each_request_is_claimed_once_and_the_oldest_first(platform: Platform) -> None:
    add(platform, make_request(1, due_at=2.0), make_request(2, due_at=1.0), make_request(3, 9.0))
    claim = platform.async_requests.claim
    first, second = claim("a", 5.0, 50.0, 1), claim("b", 5.0, 50.0, 9)
    assert [[one.id for one in taken] for taken in (first, second)] == [["r2"], ["r1"]]
    assert (first[0].state, first[0].owner, first[0].attempts) == (AsyncState.RUNNING, "a", 1)
    assert claim("c", 5.0, 50.0, 9) == ()


def test_what_a_lost_courier_held_is_claimed_again(platform: Platform) -> None:
    add(platform, make_request())
    (lost,) = platform.async_requests.claim("a", 1.0, 10.0, 1)
    (again,) = platform.async_requests.claim("b", 11.0, 20.0, 1)
    assert (again.owner, again.attempts) == ("b", 2)
    assert not platform.async_requests.finish(lost, AsyncState.SUCCEEDED, {}, 12.0)
    assert platform.async_requests.finish(again, AsyncState.SUCCEEDED, {"status": 200}, 13.0)
    assert platform.async_requests.get("r1").reply == {"status": 200}


def test_who_renews_keeps_what_it_holds(platform: Platform) -> None:
    add(platform, make_request())
    platform.async_requests.claim("a", 1.0, 10.0, 1)
    platform.async_requests.renew("a", ["r1"], 30.0)
    assert platform.async_requests.claim("b", 11.0, 20.0, 1) == ()


def test_a_released_request_is_due_again_later(platform: Platform) -> None:
    add(platform, make_request())
    (held,) = platform.async_requests.claim("a", 1.0, 10.0, 1)
    assert platform.async_requests.release(held, 5.0, "no replica")
    assert platform.async_requests.get("r1").message == "no replica"
    assert platform.async_requests.claim("a", 4.0, 10.0, 1) == ()
    assert len(platform.async_requests.claim("a", 5.0, 10.0, 1)) == 1


def test_only_what_waits_can_be_cancelled(platform: Platform) -> None:
    add(platform, make_request(1), make_request(2, due_at=9.0))
    platform.async_requests.claim("a", 1.0, 10.0, 1)
    assert not platform.async_requests.cancel("r1", 2.0)
    assert platform.async_requests.cancel("r2", 2.0)
    assert platform.async_requests.get("r2").state is AsyncState.CANCELLED


def test_a_callback_is_due_until_it_is_delivered(platform: Platform) -> None:
    add(platform, make_request(callback="https://example.org/"))
    (held,) = platform.async_requests.claim("a", 1.0, 10.0, 1)
    platform.async_requests.finish(held, AsyncState.SUCCEEDED, {}, 2.0)
    claim = platform.async_requests.claim_callbacks
    assert [one.callback_attempts for one in claim(3.0, 8.0, 9)] == [1]
    assert claim(4.0, 8.0, 9) == ()
    assert [one.callback_attempts for one in claim(8.0, 9.0, 9)] == [2]
    platform.async_requests.called("r1", None)
    assert claim(99.0, 100.0, 9) == ()


def test_what_expired_is_forgotten_unless_somebody_works_on_it(platform: Platform) -> None:
    add(platform, make_request(1), replace(make_request(2), expires_at=200.0))
    assert platform.async_requests.sweep(100.0) == ("r1",)
    platform.async_requests.claim("a", 150.0, 300.0, 1)
    assert platform.async_requests.sweep(250.0) == ()
    assert platform.async_requests.sweep(300.0) == ("r2",)
