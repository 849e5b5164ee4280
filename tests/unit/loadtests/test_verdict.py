from loadtests.batching import Round
from loadtests.verdict import Ratio, list_faults, list_ratios
from loadtests.wrk import Reading

GOOD = Round(rate=900, batch=32, model_rate=950, loop_rate=1000, failures=0)


def make_readings(replica_p50_ms: float = 1.2, failures: int = 0) -> dict[int, dict[str, Reading]]:
    row = {
        "bare": Reading(1000, 1.0, 2.0, 0),
        "replica": Reading(600, replica_p50_ms, 3.0, failures),
        "gateway": Reading(300, replica_p50_ms + 0.2, 6.0, 0),
    }
    return {1: row, 64: row}


def test_a_good_run_has_no_faults() -> None:
    assert list_faults(make_readings(), GOOD) == []
    assert [round(ratio.value, 2) for ratio in list_ratios(make_readings(), GOOD)] == [
        0.6,
        0.3,
        1.2,
        0.2,
        0.9,
    ]


def test_a_slow_caller_is_a_fault() -> None:
    (fault,) = list_faults(make_readings(replica_p50_ms=1.6), GOOD)
    assert fault == "replica p50 over bare, one caller: 1.60, not <= 1.50"


def test_a_lazy_batcher_is_a_fault() -> None:
    lazy = Round(rate=800, batch=32, model_rate=950, loop_rate=1000, failures=0)
    (fault,) = list_faults(make_readings(), lazy)
    assert fault == "batching efficiency, 64 connections: 0.80, not >= 0.85"


def test_failed_requests_are_faults_however_fast_the_rest_was() -> None:
    broken = Round(rate=900, batch=32, model_rate=950, loop_rate=1000, failures=2)
    assert len(list_faults(make_readings(failures=1), broken)) == 3


def test_without_one_caller_there_is_no_latency_to_judge() -> None:
    readings = make_readings()
    del readings[1]
    assert not any("p50" in ratio.name for ratio in list_ratios(readings, GOOD))


def test_a_limit_that_is_just_reached_is_met() -> None:
    assert Ratio("a", 0.85, 0.85).is_met
    assert Ratio("b", 1.5, 1.5, is_ceiling=True).is_met


def test_the_gateways_cost_is_judged_where_an_empty_handler_was_measured() -> None:
    row = {**make_readings()[64], "empty": Reading(2000, 0.1, 0.2, 0)}
    (fault,) = list_faults({64: row}, GOOD)
    assert fault == "gateway requests/s of an empty handler, 64 connections: 0.15, not >= 0.25"
