from core.oip.statistics import BATCH_KINDS, Counts, Duration
from core.refs import EndpointName, ReplicaId, ResidentId
from gateway.runs import add_up, write_runs
from registry.records import Counter


def count(replica: str, runs: int, rows: int) -> Counter:
    phases = {kind: Duration(runs, runs * 10**9) for kind in BATCH_KINDS}
    asked = {"success": Duration(runs, 1), "queue": Duration(runs, 5 * 10**8)}
    counts = Counts(1, runs * rows, runs, asked, {rows: phases})
    name, resident = EndpointName("iris"), ResidentId("iris-main-1")
    return Counter(ReplicaId(replica), name, resident, 3, counts, 0.0)


def test_all_replicas_runs_are_told_together() -> None:
    text = write_runs(lambda: [count("a", 2, 3), count("departed:x", 1, 64)]).decode()
    whose = 'endpoint="iris"'
    for line in (
        f'tidegate_batch_rows_bucket{{{whose},le="4",version="3"}} 2.0',
        f'tidegate_batch_rows_sum{{{whose},version="3"}} 70.0',
        f'tidegate_batch_rows_count{{{whose},version="3"}} 3.0',
        f'tidegate_batch_seconds_total{{{whose},phase="compute_infer",version="3"}} 3.0',
        f'tidegate_queue_seconds_total{{{whose},version="3"}} 1.0',
        f'tidegate_replica_requests_total{{{whose},outcome="success",version="3"}} 3.0',
        f'tidegate_replica_requests_total{{{whose},outcome="fail",version="3"}} 0.0',
    ):
        assert line in text.splitlines()


def test_nothing_counted_is_nothing_told() -> None:
    assert add_up([]) == {}
    assert b"iris" not in write_runs(list)
