import json

from loadtests.batching import Round
from loadtests.report import write_document
from loadtests.wrk import Reading


def test_a_run_is_kept_whole() -> None:
    row = {name: Reading(1000, 1.0, 2.0, 0) for name in ("bare", "replica", "gateway")}
    batching = Round(rate=900, batch=32, model_rate=950, loop_rate=1000, failures=0)
    document = json.loads(json.dumps(write_document({1: row}, batching)))
    assert document["readings"]["1"]["gateway"]["of_bare"] == 1
    assert document["batching"]["efficiency"] == 0.9
    assert [ratio["is_met"] for ratio in document["ratios"]] == [True] * 5
