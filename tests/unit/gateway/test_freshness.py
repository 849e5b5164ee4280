from math import inf

import pytest

from gateway.freshness import NONE, Directives, Freshness, read_directives


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ([b"no-store"], Directives(no_store=True)),
        ([b"No-Cache"], Directives(no_cache=True)),
        ([b"max-age=5"], Directives(max_age=5)),
        ([b'max-age="5"'], Directives(max_age=5)),
        ([b"max-age=0, only-if-cached"], Directives(max_age=0, only_if_cached=True)),
        ([b"min-fresh=9"], Directives(min_fresh=9)),
        ([b"no-store", b"only-if-cached"], Directives(no_store=True, only_if_cached=True)),
        ([b"max-stale=5, no-transform, x=y, ,"], Directives()),
        ([b"max-age"], Directives(max_age=0)),
        ([b"max-age=-1"], Directives(max_age=0)),
        ([b"max-age=\xb2"], Directives(max_age=0)),
        ([b"max-age=" + b"9" * 5000], Directives(max_age=inf)),
        ([b"min-fresh=x"], Directives(min_fresh=inf)),
    ],
)
def test_what_a_caller_asks_of_the_cache(said: list[bytes], read: Directives) -> None:
    headers = [(b"accept", b"*/*"), *((b"cache-control", value) for value in said)]
    assert read_directives(headers) == read


def test_who_says_nothing_asks_for_nothing() -> None:
    assert read_directives([(b"accept", b"*/*")]) is NONE


def test_a_kept_answer_tells_its_age_and_what_is_left() -> None:
    assert Freshness("hit; ttl=57", 57.9, 2.1).headers() == [
        (b"cache-status", b"tidegate; hit; ttl=57"),
        (b"cache-control", b"private, max-age=57"),
        (b"age", b"2"),
    ]
    assert Freshness("fwd=bypass").headers() == [(b"cache-status", b"tidegate; fwd=bypass")]
