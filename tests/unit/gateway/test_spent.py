import pytest

from core.http import Headers
from gateway.spent import Spent

ASKED: Headers = [(b"x-tidegate-timing", b"1")]


def read(value: bytes) -> Spent:
    spent = Spent()
    spent.read([(b"x-tidegate-spent", value)])
    return spent


def test_the_replica_speaks_in_nanoseconds() -> None:
    spent = read(b"1500000,20")
    assert (spent.queue_s, spent.compute_s) == (0.0015, 2e-8)


@pytest.mark.parametrize("value", [b"", b"1", b"1,", b",1", b"-1,-1", b"1.5,2", b"a,b", b"1,2,3"])
def test_what_is_no_pair_of_times_says_nothing(value: bytes) -> None:
    assert read(value) == Spent()


def test_a_clock_that_was_set_back_makes_no_stage_negative() -> None:
    spent = Spent(auth_at=10.0, upstream_at=10.0)
    spent.end_auth(9.0)
    spent.end_upstream(9.0)
    assert (spent.auth_s, spent.upstream_s) == (0.0, 0.0)


def test_only_who_may_and_does_ask_is_told() -> None:
    spent = Spent(auth_s=0.0001, upstream_s=0.02, queue_s=0.001, compute_s=0.015)
    assert spent.tell(ASKED, 0.03) == []
    spent.may_show = True
    assert spent.tell([(b"x-tidegate-timing", b"yes")], 0.03) == spent.tell([], 0.03) == []
    said = b"auth;dur=0.100, queue;dur=1.000, compute;dur=15.000, upstream;dur=20.000, total;dur=30.000"
    assert spent.tell(ASKED, 0.03) == [(b"server-timing", said)]


def test_stages_that_a_request_did_not_come_to_are_left_out() -> None:
    assert Spent(auth_s=0.0, may_show=True).tell(ASKED, 0.001) == [
        (b"server-timing", b"auth;dur=0.000, total;dur=1.000")
    ]
