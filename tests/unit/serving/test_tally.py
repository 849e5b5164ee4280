from core.oip.statistics import Duration
from serving.tally import Tally


def test_requests_and_runs_are_counted_apart() -> None:
    tally = Tally()
    tally.run(rows=3, requests=2, times_ns=(1, 10, 2))
    tally.end(20, 5, is_good=True)
    tally.end(9, 1, is_good=False)
    counts = tally.counts()
    assert (counts.inference_count, counts.execution_count) == (3, 1)
    assert counts.durations["success"] == Duration(1, 20)
    assert counts.durations["fail"] == Duration(1, 9)
    assert counts.durations["queue"] == Duration(1, 5)
    assert counts.durations["compute_infer"] == Duration(2, 20)
    assert counts.batches[3]["compute_output"] == Duration(1, 2)
    assert counts.last_inference > 0


def test_what_is_told_in_a_row_is_not_lost() -> None:
    tally = Tally()
    for _ in range(1000):
        tally.run(rows=1, requests=1, times_ns=(1, 1, 1))
        tally.end(3, 0, is_good=True)
    counts = tally.counts()
    assert (counts.inference_count, counts.requests) == (1000, 1000)
    assert tally.counts() == counts


def test_nothing_yet_is_zeros() -> None:
    stats = Tally().counts().to_json("iris", "1")["inference_stats"]
    assert stats["cache_hit"] == {"count": 0, "ns": 0}
