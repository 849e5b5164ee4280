import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from core.batching import Batching
from core.errors import PredictionFailed, Unavailable
from core.tensor import Array
from serving.batch import Arrays
from serving.instance import Instance, Predict
from serving.tally import Tally
from serving.waiting import Waiting

TYPICAL_S = 0.25


def double(inputs: Arrays) -> Arrays:
    return {"y": inputs["x"] * 2}


def open_instance(predict: Predict = double, max_rows: int = 64) -> Instance:
    limits = Batching(max_rows=max_rows)
    return Instance("m", predict, limits, Tally(), batched=True, typical_s=TYPICAL_S)


@pytest.fixture
def ask() -> Callable[[float], Waiting]:
    loop = asyncio.new_event_loop()
    loop.close()

    def wait(value: float) -> Waiting:
        inputs: dict[str, Array] = {"x": np.array([[value]])}
        return Waiting(inputs, 1, None, 0.0, asyncio.Future(loop=loop))

    return wait


def test_each_request_gets_its_rows(ask: Callable[[float], Waiting]) -> None:
    first, second = open_instance().compute([ask(1), ask(2)])
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert (first["y"].item(), second["y"].item()) == (2, 4)


def test_it_says_once_that_the_model_runs(ask: Callable[[float], Waiting]) -> None:
    story: list[str] = []

    def predict(inputs: Arrays) -> Arrays:
        story.append(f"run of {len(inputs['x'])}")
        raise ValueError("no")

    open_instance(predict).compute([ask(1), ask(2)], lambda: story.append("entered"))
    assert story == ["entered", "run of 2", "run of 1", "run of 1"]


def test_it_says_so_even_when_nothing_ran(ask: Callable[[float], Waiting]) -> None:
    told: list[bool] = []
    other = ask(2)
    other.inputs = {"x": np.zeros((1, 2, 2))}
    # Rows that cannot be joined: each is computed alone.
    outcomes = open_instance().compute([ask(1), other], lambda: told.append(True))
    assert told == [True]
    assert not any(isinstance(outcome, PredictionFailed) for outcome in outcomes)


@pytest.mark.parametrize("fault", [ValueError("no"), SystemExit(3)])
def test_whatever_a_model_raises_is_its_callers_answer(
    fault: BaseException, ask: Callable[[float], Waiting]
) -> None:
    def predict(_: Arrays) -> Arrays:
        raise fault

    (outcome,) = open_instance(predict).compute([ask(1)])
    assert isinstance(outcome, PredictionFailed)


def test_nobody_is_tried_alone_when_the_model_is_away(ask: Callable[[float], Waiting]) -> None:
    runs: list[int] = []

    def predict(inputs: Arrays) -> Arrays:
        runs.append(len(inputs["x"]))
        raise Unavailable("m", "away")

    outcomes = open_instance(predict).compute([ask(1), ask(2)])
    assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable]
    assert runs == [2]


def test_its_typical_time_follows_its_runs(ask: Callable[[float], Waiting]) -> None:
    instance = open_instance()
    instance.compute([ask(1)])
    assert 0 < instance.typical_s < TYPICAL_S


def test_it_has_a_batch_from_begin_to_end() -> None:
    instance = open_instance()
    assert (instance.rows, instance.run_s) == (0, 0.0)
    instance.begin(3)
    assert instance.rows == 3
    assert instance.run_s > 0
    instance.end()
    assert (instance.rows, instance.run_s) == (0, 0.0)
