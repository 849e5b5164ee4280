import tracemalloc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.tensor import InferResponse, Tensor
from gateway.cache import ResponseCache, measure

TTL_S = 10.0
MOST = 2**20


def respond(count: int = 4, value: float = 0.0) -> InferResponse:
    return InferResponse("iris", "1", (Tensor.of("y", np.full(count, value, "f4")),))


def keep(cache: ResponseCache, name: str, response: InferResponse, now: float = 0.0) -> bool:
    return cache.keep(name.encode(), response, now, TTL_S, MOST)


def test_an_answer_is_good_for_its_time_and_no_longer() -> None:
    cache = ResponseCache(MOST)
    keep(cache, "a", respond(), now=100.0)
    entry = cache.find(b"a", 109.5)
    assert entry is not None
    assert (entry.age(109.5), entry.left(109.5)) == (9.5, 0.5)
    assert cache.find(b"a", 110.0) is None
    assert (cache.expired, cache.held_bytes, len(cache)) == (1, 0, 0)
    assert cache.find(b"a", 100.0) is None


def test_the_answer_used_least_lately_makes_room() -> None:
    cache = ResponseCache(3 * measure(respond()))
    for name in ("a", "b", "c"):
        keep(cache, name, respond())
    cache.find(b"a", 1.0)
    keep(cache, "d", respond())
    assert [name for name in (b"a", b"b", b"c", b"d") if name in cache] == [b"a", b"c", b"d"]
    assert cache.given_up == 1


def test_entries_are_bounded_too() -> None:
    cache = ResponseCache(MOST, max_entries=2)
    for name in ("a", "b", "c"):
        keep(cache, name, respond())
    assert len(cache) == 2


def test_what_is_too_large_is_not_kept_and_replaces_what_was() -> None:
    cache = ResponseCache(MOST)
    assert keep(cache, "a", respond())
    assert not cache.keep(b"a", respond(10_000), 0.0, TTL_S, 30_000)
    assert (b"a" in cache, cache.held_bytes) == (False, 0)
    assert not ResponseCache(100).keep(b"a", respond(), 0.0, TTL_S, MOST)


def test_a_newer_answer_takes_the_place_of_the_older() -> None:
    cache = ResponseCache(MOST)
    keep(cache, "a", respond(value=1.0))
    keep(cache, "a", respond(value=2.0), now=5.0)
    entry = cache.find(b"a", 12.0)
    assert entry is not None
    assert (entry.response.outputs[0].array[0], len(cache)) == (2.0, 1)
    assert cache.held_bytes == entry.size


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3000), st.integers(0, 20))),
    st.integers(2000, 30_000),
    st.integers(1, 5),
)
def test_whatever_is_kept_the_bounds_hold(
    steps: list[tuple[int, int, int]], limit: int, entries: int
) -> None:
    cache = ResponseCache(limit, entries)
    kept: dict[bytes, int] = {}
    for number, (name, count, now) in enumerate(steps):
        key = b"%d" % name
        if cache.keep(key, respond(count, number % 97), float(now), TTL_S, MOST):
            kept[key] = number % 97
        else:
            kept.pop(key, None)
        assert cache.held_bytes <= limit
        assert len(cache) <= entries
        found = cache.find(key, float(now))
        if key in kept:
            assert found is not None
            assert (found.response.outputs[0].array == kept[key]).all()
        else:
            assert found is None
    cache.clear()
    assert (cache.held_bytes, len(cache)) == (0, 0)


def test_the_measure_is_not_far_below_what_python_holds() -> None:
    # Each test's own answers: numbers, and texts, which are objects.
    cache = ResponseCache(2**28)
    texts = [f"label {number}" for number in range(20)]
    tracemalloc.start()
    for number in range(1000):
        outputs = (
            Tensor.of("y", np.full(50, number, "f4")),
            Tensor.of("z", [f"{number} {text}" for text in texts]),
        )
        response = InferResponse("iris", "1", outputs, parameters={"a": number})
        keep(cache, f"{number}", response)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held / 1.1 <= cache.held_bytes <= held * 2.5
