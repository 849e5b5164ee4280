import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidSpec
from core.latencies import Latencies
from core.rollout import Guard, Rollout, Seen, judge

GUARD = Guard(min_requests=10, max_error_rate=0.1, max_latency_ms=100, max_latency_ratio=2)


def seen(requests: int, errors: int = 0, each_s: float = 0.01) -> Seen:
    return Seen(requests, errors, Latencies.of([each_s] * (requests - errors)))


@pytest.mark.parametrize(
    ("document", "shares"),
    [
        ({}, (1.0,)),
        ({"strategy": "canary", "step_share": 0.2, "step_s": 1}, (0.2, 1.0)),
        ({"strategy": "linear", "step_share": 0.25, "step_s": 1}, (0.25, 0.5, 0.75, 1.0)),
        ({"strategy": "linear", "step_share": 0.4, "step_s": 1}, (0.4, 0.8, 1.0)),
    ],
)
def test_steps_lead_to_all_of_the_traffic(
    document: dict[str, object], shares: tuple[float, ...]
) -> None:
    assert Rollout.read(document).shares == shares


@given(st.floats(0.01, 0.99))
def test_a_linear_rollout_always_ends(share: float) -> None:
    shares = Rollout(strategy="linear", step_share=share, step_s=1).shares
    assert shares[-1] == 1.0
    assert list(shares) == sorted(set(shares))
    assert len(shares) <= 101


@pytest.mark.parametrize(
    "document",
    [{"strategy": "canary"}, {"strategy": "linear", "step_share": 0.001, "step_s": 1}],
)
def test_steps_need_time_and_size(document: dict[str, object]) -> None:
    with pytest.raises(InvalidSpec):
        Rollout.read(document)


def test_too_little_is_no_reason_to_go_back() -> None:
    assert judge(GUARD, seen(9, errors=9), seen(100)) == ""
    assert judge(GUARD, Seen(), Seen()) == ""


def test_errors_call_a_version_back() -> None:
    told = judge(GUARD, seen(20, errors=3), seen(100))
    assert told == "error rate 15.0% is above 10.0% (3 of 20 requests failed)"
    assert judge(GUARD, seen(20, errors=2), seen(100)) == ""


def test_one_error_says_nothing_unless_none_is_allowed() -> None:
    strict = Guard(min_requests=10, max_error_rate=0.05)
    assert judge(strict, seen(12, errors=1), seen(100)) == ""
    assert "2 of 12" in judge(strict, seen(12, errors=2), seen(100))
    none = Guard(min_requests=10, max_error_rate=0)
    assert "1 of 12" in judge(none, seen(12, errors=1), seen(100))


def test_what_the_version_before_fails_as_well_is_no_fault_of_the_new_one() -> None:
    assert judge(GUARD, seen(100, errors=13), seen(100, errors=12)) == ""
    assert "error rate" in judge(GUARD, seen(100, errors=20), seen(100, errors=12))
    # Too little was seen of the one before to compare with.
    assert "error rate" in judge(GUARD, seen(100, errors=13), seen(5, errors=5))


def test_latency_calls_a_version_back() -> None:
    assert "is above 100 ms" in judge(GUARD, seen(20, each_s=0.2), seen(100, each_s=0.2))
    assert "is above 2 times" in judge(GUARD, seen(20, each_s=0.05), seen(100, each_s=0.01))
    assert judge(GUARD, seen(20, each_s=0.05), seen(5, each_s=0.01)) == ""


def test_what_was_seen_adds_up() -> None:
    both = seen(10, errors=1) + seen(5)
    assert (both.requests, both.errors, both.latencies.total) == (15, 1, 14)
