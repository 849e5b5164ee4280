import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import pytest

from core.dtypes import DataType
from core.errors import (
    DeadlineExceeded,
    MalformedRequest,
    PredictionFailed,
    QueueFull,
    RuntimeUnavailable,
)
from core.reserved import Reserved
from core.sequences import Sequences
from core.signature import Signature, TensorSpec
from serving.batch import Arrays
from serving.sequencer import Sequencer, check_states
from serving.waiting import Times

SIGNATURE = Signature(
    (
        TensorSpec("value", DataType.FP32, (-1, 1)),
        TensorSpec("total", DataType.FP32, (-1, 1)),
        TensorSpec("start", DataType.INT32, (-1, 1)),
        TensorSpec("id", DataType.INT64, (-1, 1)),
    ),
    tuple(TensorSpec(name, DataType.FP32, (-1, 1)) for name in ("sum", "next")),
    batched=True,
)
SPEC = {
    "states": [{"input": "total", "output": "next", "initial": 100}],
    "start_input": "start",
    "id_input": "id",
}


class Model:
    """A running sum; 13 fails. `asked` keeps what it was fed; while `gate` is clear, runs wait."""

    def __init__(self) -> None:
        self.asked: list[Arrays] = []
        self._runs = asyncio.Semaphore(0)
        self.gate = asyncio.Event()
        self.gate.set()

    async def enter(self, runs: int) -> None:
        """Wait for so many more runs to begin."""
        for _ in range(runs):
            await self._runs.acquire()

    async def run(
        self,
        inputs: Arrays,
        rows: int,
        timeout_s: float | None,
        priority: int,
        times: Times | None,
    ) -> Arrays:
        if times is not None:
            times.queued_ns, times.computed_ns = 7, 9
        self.asked.append(inputs)
        self._runs.release()
        await self.gate.wait()
        if (inputs["value"] == 13).any():
            raise PredictionFailed("sum", "unlucky")
        total = inputs["value"] + inputs["total"]
        return {"sum": total, "next": total}


Story = Callable[[Sequencer, Model], Coroutine[Any, Any, None]]


def tell(story: Story, **limits: float) -> None:
    async def work() -> None:
        model = Model()
        spec = Sequences.read({**SPEC, **limits})
        await story(Sequencer("sum", spec, SIGNATURE, model.run), model)

    asyncio.run(work())


async def step(
    sequencer: Sequencer,
    key: int | str,
    value: float,
    *,
    start: bool = False,
    end: bool = False,
    timeout_s: float | None = None,
) -> float:
    reserved = Reserved(sequence_id=key, sequence_start=start, sequence_end=end)
    inputs = {"value": np.full((1, 1), value, np.float32)}
    outputs = await sequencer.step(inputs, 1, reserved, timeout_s)
    return float(outputs["sum"][0, 0])


def test_each_step_has_the_state_that_the_one_before_left() -> None:
    async def story(sequencer: Sequencer, model: Model) -> None:
        assert await step(sequencer, 7, 1, start=True) == 101
        assert await step(sequencer, 8, 5, start=True) == 105
        assert await step(sequencer, 7, 2) == 103
        assert await step(sequencer, 7, 3, end=True) == 106
        assert sequencer.active == 1
        assert [int(one["start"][0, 0]) for one in model.asked] == [1, 1, 0, 0]
        assert {int(one["id"][0, 0]) for one in model.asked} == {7, 8}

    tell(story)


def test_steps_of_one_sequence_follow_each_other_and_others_go_beside() -> None:
    async def story(sequencer: Sequencer, model: Model) -> None:
        await step(sequencer, 1, 0, start=True)
        model.gate.clear()
        steps = [asyncio.create_task(step(sequencer, 1, value)) for value in (1, 2, 3)]
        beside = asyncio.create_task(step(sequencer, 2, 9, start=True))
        await model.enter(3)
        model.gate.set()
        assert await asyncio.gather(*steps) == [101, 103, 106]
        assert await beside == 109

    tell(story)


def test_a_step_of_nothing_that_is_under_way_is_refused() -> None:
    async def story(sequencer: Sequencer, model: Model) -> None:
        for key in (5, 0):
            with pytest.raises(MalformedRequest, match="sequence"):
                await step(sequencer, key, 1)
        await step(sequencer, 5, 1, start=True, end=True)
        with pytest.raises(MalformedRequest, match="begin it again"):
            await step(sequencer, 5, 1)
        with pytest.raises(MalformedRequest, match="does not fit"):
            await step(sequencer, "a name", 1, start=True)

    tell(story)


def test_a_sequence_that_is_begun_again_begins_anew() -> None:
    async def story(sequencer: Sequencer, model: Model) -> None:
        await step(sequencer, 5, 50, start=True)
        assert await step(sequencer, 5, 1, start=True) == 101

    tell(story)


def test_a_step_that_fails_leaves_the_state() -> None:
    async def story(sequencer: Sequencer, model: Model) -> None:
        await step(sequencer, 5, 1, start=True)
        with pytest.raises(PredictionFailed):
            await step(sequencer, 5, 13)
        assert await step(sequencer, 5, 2) == 103

    tell(story)


def test_there_are_at_most_so_many_and_the_idle_make_room() -> None:
    async def story(sequencer: Sequencer, model: Model) -> None:
        await step(sequencer, 1, 1, start=True)
        with pytest.raises(QueueFull):
            await step(sequencer, 2, 1, start=True)
        sequencer._active[1].asked_at -= 61
        await step(sequencer, 2, 1, start=True)
        sequencer._active[2].asked_at -= 61
        with pytest.raises(MalformedRequest, match="idle"):
            await step(sequencer, 2, 1)

    tell(story, max_active=1)


def test_a_step_waits_for_its_turn_no_longer_than_its_caller() -> None:
    async def story(sequencer: Sequencer, model: Model) -> None:
        model.gate.clear()
        first = asyncio.create_task(step(sequencer, 1, 1, start=True))
        await model.enter(1)
        with pytest.raises(DeadlineExceeded):
            await step(sequencer, 1, 1, timeout_s=0.01)
        model.gate.set()
        assert await first == 101

    tell(story)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"states": [{"input": "total", "output": "nothing"}]}, "no such output"),
        ({"states": [{"input": "start", "output": "next"}]}, "keep its type"),
    ],
)
def test_what_cannot_be_handed_on_is_refused(spec: dict[str, object], told: str) -> None:
    with pytest.raises(RuntimeUnavailable, match=told):
        check_states(Sequences.read(spec), SIGNATURE)


def test_a_state_needs_a_fixed_shape() -> None:
    free = TensorSpec("total", DataType.FP32, (-1, -1))
    signature = Signature((free,), (free,), batched=True)
    spec = Sequences.read({"states": [{"input": "total", "output": "total"}]})
    with pytest.raises(RuntimeUnavailable, match="free lengths"):
        check_states(spec, signature)


def test_a_step_learns_the_times_of_its_run() -> None:
    async def story(sequencer: Sequencer, _: Model) -> None:
        times = Times()
        inputs = {"value": np.zeros((1, 1), np.float32)}
        begun = Reserved(sequence_id=7, sequence_start=True)
        await sequencer.step(inputs, 1, begun, None, times)
        assert times == Times(7, 9)

    tell(story)
