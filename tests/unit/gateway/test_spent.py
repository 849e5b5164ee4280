import pytest

from core.http import Headers
from gateway.spent import Spent
from tests.fakes.traced import spend

ASKED: Headers = [(b"x-tidegate-timing", b"1")]


def test_the_replica_speaks_in_nanoseconds() -> None:
    assert spend(1.0, said=b"1500000,20").read() == (0.0015, 2e-8)


@pytest.mark.parametrize(
    "said", [b"", b"1", b"1,", b",1", b"-1,-1", b"1.5,2", b"a,b", b"1,2,3", b"1," + b"1" * 5000]
)
def test_what_is_no_pair_of_times_says_nothing(said: bytes) -> None:
    assert spend(1.0, said=said).read() == (-1.0, -1.0)


def test_a_clock_that_was_set_back_makes_no_stage_negative() -> None:
    spent = spend(10.0, -1.0, 10.0, -1.0)
    assert (spent.auth_s, spent.upstream_s) == (0.0, 0.0)


def test_confirming_a_body_is_part_of_letting_in() -> None:
    spent = spend(1.0, 0.25)
    spent.confirm_s = 0.5
    assert spent.auth_s == 0.75


def test_only_who_may_and_does_ask_is_told() -> None:
    spent = spend(1.0, 0.0001, 2.0, 0.02, b"1000000,15000000")
    assert spent.tell(ASKED, 0.03) == []
    spent.may_show = True
    assert spent.tell([(b"x-tidegate-timing", b"yes")], 0.03) == spent.tell([], 0.03) == []
    said = b"auth;dur=0.100, queue;dur=1.000, compute;dur=15.000, upstream;dur=20.000, total;dur=30.000"
    assert spent.tell(ASKED, 0.03) == [(b"server-timing", said)]


def test_stages_that_a_request_did_not_come_to_are_left_out() -> None:
    assert Spent().seconds() == (-1.0, -1.0, -1.0, -1.0)
    under_way = Spent(auth_at=1.0, auth_end=1.0, upstream_at=1.0, may_show=True)
    told = b"auth;dur=0.000, total;dur=1.000"
    assert under_way.tell(ASKED, 0.001) == [(b"server-timing", told)]
