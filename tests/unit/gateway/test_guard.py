import pytest

from core.errors import RateLimited
from gateway.caller import PlainCaller
from gateway.guard import FAILURES, FORGIVEN_S, Guard

BAD = PlainCaller([(b"x-api-key", b"bad")], address="192.0.2.1")
GOOD = PlainCaller([(b"x-api-key", b"good")], address="192.0.2.1")


def fail_often(guard: Guard) -> None:
    for _ in range(FAILURES):
        guard.check(BAD, 0.0)
        guard.fail(BAD, 0.0)


def test_an_address_is_shut_for_a_while() -> None:
    guard = Guard()
    fail_often(guard)
    with pytest.raises(RateLimited) as caught:
        guard.check(BAD, 0.0)
    assert caught.value.retry_after_s == pytest.approx(FORGIVEN_S)
    guard.check(BAD, FORGIVEN_S)


def test_who_was_good_there_goes_on() -> None:
    guard = Guard()
    guard.succeed(GOOD)
    fail_often(guard)
    guard.check(GOOD, 0.0)
    with pytest.raises(RateLimited):
        guard.check(PlainCaller([(b"x-api-key", b"good2")], address="192.0.2.1"), 0.0)


def test_many_addresses_take_bounded_room() -> None:
    guard = Guard()
    for at in range(21_000):
        guard.fail(PlainCaller(address=f"a{at}"), 0.0)
    assert len(guard._left) <= 20_000
