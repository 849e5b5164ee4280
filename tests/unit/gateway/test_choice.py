from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.endpoint import Sticky
from core.errors import EndpointNotFound, NotFound
from core.tensor import InferRequest, Tensor
from gateway.choice import (
    choose_by_key,
    choose_by_variant,
    choose_by_version,
    find_key,
    find_target,
)
from tests.fakes.gateway import make_resident

RESIDENTS = [make_resident(n, f"v{n}") for n in (1, 2, 3)]
KEYS = [f"user-{n}" for n in range(3000)]


def share(weights: tuple[float, ...]) -> list[str]:
    return [choose_by_key(RESIDENTS, weights, key).variant for key in KEYS]


def test_shares_follow_the_weights() -> None:
    counts = Counter(share((1.0, 2.0, 7.0)))
    for variant, wanted in (("v1", 0.1), ("v2", 0.2), ("v3", 0.7)):
        assert abs(counts[variant] / len(KEYS) - wanted) < 0.03


def test_only_as_many_keys_move_as_the_shares_do() -> None:
    before, after = share((5.0, 5.0, 0.001)), share((5.0, 5.0, 1.0))
    moved = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    assert {other for _, other in moved} == {"v3"}
    assert len(moved) / len(KEYS) < 0.13


def test_a_rollout_moves_keys_to_the_new_version_of_their_own_variant() -> None:
    canary = replace(make_resident(4, "v3"), share=0.3)
    before = [choose_by_key(RESIDENTS, (1.0, 1.0, 1.0), key) for key in KEYS]
    after = [choose_by_key([*RESIDENTS, canary], (1.0, 1.0, 0.7, 0.3), key) for key in KEYS]
    assert [one.variant for one in before] == [one.variant for one in after]
    taken = sum(one.version == 4 for one in after) / sum(one.variant == "v3" for one in after)
    assert abs(taken - 0.3) < 0.05


@given(st.text(max_size=30))
def test_a_key_sticks_whatever_the_order(key: str) -> None:
    weights = (1.0, 2.0, 3.0)
    one = choose_by_key(RESIDENTS, weights, key)
    assert one == choose_by_key(RESIDENTS[::-1], weights[::-1], key)


def test_what_was_asked_for_is_found_or_not() -> None:
    assert [one.version for one in choose_by_variant(RESIDENTS, "v2")] == [2]
    assert choose_by_version(RESIDENTS, "iris", "3").variant == "v3"
    with pytest.raises(NotFound, match="v9"):
        choose_by_variant(RESIDENTS, "v9")
    with pytest.raises(EndpointNotFound):
        choose_by_version(RESIDENTS, "iris", "9")


def test_a_key_comes_from_a_header_or_a_parameter() -> None:
    request = InferRequest((Tensor.of("x", [1.0]),), parameters={"user": 7})
    headers = [(b"x-user", b"anna"), (b"x-tidegate-variant", b" v2 ")]
    assert find_key(Sticky(header="X-User"), headers, None) == "anna"
    assert find_key(Sticky(parameter="user"), headers, request) == "7"
    assert find_key(Sticky(parameter="other"), headers, replace(request, parameters={})) == ""
    assert find_key(None, headers, request) == ""
    assert (find_target(headers), find_target([])) == ("v2", "")
