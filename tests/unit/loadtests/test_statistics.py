from loadtests.statistics import Counted, read_counted


def test_an_answer_of_the_replica_is_read() -> None:
    batches = [
        {"batch_size": 2, "compute_infer": {"count": 5, "ns": 500_000_000}},
        {"batch_size": 30, "compute_infer": {"count": 3, "ns": 1_500_000_000}},
    ]
    model = {"inference_count": 100, "execution_count": 8, "batch_stats": batches}
    assert read_counted({"model_stats": [model]}) == Counted(rows=100, runs=8, model_s=2.0)


def test_what_was_counted_before_is_taken_off() -> None:
    counted = Counted(100, 8, 2.0) - Counted(20, 4, 0.5)
    assert counted == Counted(80, 4, 1.5)
    assert counted.batch == 20


def test_no_run_is_no_batch() -> None:
    assert Counted(0, 0, 0.0).batch == 0
