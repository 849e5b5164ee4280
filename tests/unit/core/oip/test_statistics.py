import orjson
from hypothesis import given
from hypothesis import strategies as st

from core.oip.statistics import BATCH_KINDS, KINDS, Counts, Duration, sum_counts

NUMBERS = st.integers(0, 2**50)
DURATION = st.builds(Duration, NUMBERS, NUMBERS)


def durations(kinds: tuple[str, ...]) -> st.SearchStrategy[dict[str, Duration]]:
    return st.fixed_dictionaries(dict.fromkeys(kinds, DURATION))


COUNTS = st.builds(
    Counts,
    NUMBERS,
    NUMBERS,
    NUMBERS,
    durations(KINDS),
    st.dictionaries(st.integers(1, 64), durations(BATCH_KINDS), max_size=3),
)


@given(COUNTS)
def test_json_there_and_back_is_the_same(counts: Counts) -> None:
    written = orjson.dumps(counts.to_json("iris", "1"))
    assert Counts.from_json(orjson.loads(written)) == counts


@given(COUNTS, COUNTS)
def test_order_does_not_matter(one: Counts, other: Counts) -> None:
    assert one + other == other + one == sum_counts([one, other])
    assert one | other == other | one
    assert (one | one) == one


@given(COUNTS, COUNTS)
def test_nothing_falls(one: Counts, other: Counts) -> None:
    for larger in (one + other, one | other):
        assert larger.inference_count >= max(one.inference_count, other.inference_count)
        assert larger.durations["queue"].ns >= one.durations["queue"].ns
        assert set(larger.batches) == {*one.batches, *other.batches}


def test_every_field_that_clients_read_is_there_from_the_start() -> None:
    document = Counts().to_json("iris", "3")
    assert (document["name"], document["version"]) == ("iris", "3")
    assert set(document["inference_stats"]) == set(KINDS)
    assert document["inference_stats"]["cache_hit"] == {"count": 0, "ns": 0}
    assert document["batch_stats"] == document["memory_usage"] == []
