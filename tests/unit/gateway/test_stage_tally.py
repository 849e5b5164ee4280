import orjson

from gateway.metrics import RequestMetrics
from gateway.spent import Spent
from gateway.stage_tally import StageTally
from tests.fakes.tap import FakeTap
from tests.fakes.traced import spend

SPENT = spend(1.0, 2**-15, 2.0, 0.25, b"0,15100000")


def write(metrics: RequestMetrics) -> list[str]:
    lines = metrics.write().decode().splitlines()
    return [line for line in lines if line.startswith("tidegate_stage_seconds")]


def test_each_stage_has_its_histogram() -> None:
    metrics = RequestMetrics(FakeTap())
    metrics.stages.count("public", "flowers", SPENT)
    metrics.stages.count("public", "flowers", spend(1.0, 0.002))
    lines = write(metrics)
    label = 'listener="public",name="flowers",stage="%s"}'
    assert f"tidegate_stage_seconds_count{{{label % 'auth'} 2.0" in lines
    assert f"tidegate_stage_seconds_count{{{label % 'queue'} 1.0" in lines
    assert f"tidegate_stage_seconds_sum{{{label % 'compute'} 0.0151" in lines
    assert f'tidegate_stage_seconds_bucket{{le="5e-05",{label % "auth"} 1.0' in lines
    assert f'tidegate_stage_seconds_bucket{{le="0.01",{label % "compute"} 0.0' in lines
    assert f'tidegate_stage_seconds_bucket{{le="0.025",{label % "compute"} 1.0' in lines


def test_a_stage_that_nobody_came_to_is_not_there() -> None:
    metrics = RequestMetrics(FakeTap())
    metrics.stages.count("private", "iris", spend(1.0, 0.1))
    metrics.stages.count("private", "", Spent())
    assert {line.partition("stage=")[2].partition("}")[0] for line in write(metrics)} == {'"auth"'}


def test_workers_add_up() -> None:
    other = RequestMetrics(FakeTap())
    other.stages.count("public", "flowers", SPENT)
    mine = RequestMetrics(FakeTap(), lambda: [orjson.loads(orjson.dumps(other.export()))])
    mine.stages.count("public", "flowers", SPENT)
    label = '{listener="public",name="flowers",stage="upstream"}'
    assert f"tidegate_stage_seconds_count{label} 2.0" in write(mine)
    assert f"tidegate_stage_seconds_sum{label} 0.5" in write(mine)
    # Asking changes nothing.
    assert write(mine) == write(mine)


def test_a_tally_is_the_sum_of_what_was_added() -> None:
    one, both = StageTally(), StageTally()
    one.count("public", "flowers", SPENT)
    both.add(one.export())
    both.add(one.export())
    ((_, _, counts, totals_s),) = both.export()
    assert [sum(stage) for stage in counts] == [2, 2, 2, 2]
    assert totals_s == [2**-14, 0.0, 0.0302, 0.5]


def test_many_are_added_up_before_anybody_asks() -> None:
    tally = StageTally()
    for _ in range(1000):
        tally.count("public", "flowers", SPENT)
    ((_, _, counts, _),) = tally.export()
    assert [sum(stage) for stage in counts] == [1000] * 4
