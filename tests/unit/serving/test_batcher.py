import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter_ns
from typing import Literal

import numpy as np
import pytest

from core.batching import Batching, Padding
from core.errors import DeadlineExceeded, PredictionFailed, QueueFull, TooManyRequests, Unavailable
from core.tensor import Array
from serving.batch import Arrays
from serving.batcher import Batcher
from serving.waiting import Times
from tests.fakes.runtime import FakeRuntime

SLOW_S = 1.0
Story = Callable[[Batcher, FakeRuntime], Awaitable[None]]


def tell(
    story: Story,
    *,
    limits: Batching | None = None,
    typical_s: float = 0.0,
    batched: bool = True,
    poison: float | None = None,
) -> FakeRuntime:
    runtime = FakeRuntime(poison)

    async def run() -> None:
        batcher = Batcher(
            "m", [runtime.predict], limits or Batching(), batched=batched, typical_s=typical_s
        )
        try:
            await story(batcher, runtime)
        finally:
            batcher.close()

    asyncio.run(run())
    return runtime


def rows(*values: float) -> dict[str, Array]:
    return {"x": np.array(values)[:, None]}


async def enter(runtime: FakeRuntime) -> None:
    """Return once the model is in a run."""
    await asyncio.to_thread(runtime.entered.wait, 10)


def test_what_arrives_in_one_turn_is_one_batch() -> None:
    async def story(batcher: Batcher, _: FakeRuntime) -> None:
        answers = await asyncio.gather(*(batcher.submit(rows(n), 1) for n in range(5)))
        assert [answer["y"].item() for answer in answers] == [0, 2, 4, 6, 8]

    assert tell(story).batches == [5]


def test_a_request_learns_how_long_it_waited_and_was_computed() -> None:
    async def story(batcher: Batcher, runtime: FakeRuntime) -> None:
        runtime.gate.clear()
        first, second = Times(), Times()
        began = perf_counter_ns()
        running = batcher.submit(rows(1), 1, None, 0, first)
        await enter(runtime)
        waiting = batcher.submit(rows(2), 1, None, 0, second)
        assert (first, second) == (Times(-1, -1), Times(-1, -1))
        runtime.gate.set()
        await asyncio.gather(running, waiting)
        whole = perf_counter_ns() - began
        for times in (first, second):
            assert min(times.queued_ns, times.computed_ns) > 0
            assert times.queued_ns + times.computed_ns < whole

    tell(story, typical_s=1.0)


def test_one_caller_is_not_kept_waiting() -> None:
    async def story(batcher: Batcher, _: FakeRuntime) -> None:
        await batcher.submit(rows(1), 1)
        await batcher.submit(rows(2), 1)

    assert tell(story).batches == [1, 1]


def test_a_lone_request_neither_passes_others_nor_cuts_their_delay() -> None:
    async def story(batcher: Batcher, _: FakeRuntime) -> None:
        first, second = batcher.submit(rows(1), 1), batcher.submit(rows(2), 1, is_alone=True)
        assert not second.done()
        await asyncio.gather(first, second)

    assert tell(story).batches == [2]
    assert tell(story, limits=Batching(max_delay_ms=1)).batches == [2]


def test_a_busy_model_collects_the_next_batch() -> None:
    async def story(batcher: Batcher, runtime: FakeRuntime) -> None:
        runtime.gate.clear()
        first = batcher.submit(rows(1), 1)
        await enter(runtime)
        later = [batcher.submit(rows(n), 1) for n in (2, 3, 4)]
        runtime.gate.set()
        await asyncio.gather(first, *later)

    assert tell(story, typical_s=SLOW_S).batches == [1, 3]


def test_the_next_run_begins_before_answers_are_written() -> None:
    waiting_then: list[int] = []

    async def story(batcher: Batcher, runtime: FakeRuntime) -> None:
        runtime.gate.clear()
        first = batcher.submit(rows(1), 1)
        first.add_done_callback(lambda _: waiting_then.append(batcher.queued_rows))
        await enter(runtime)
        later = batcher.submit(rows(2), 1)
        runtime.gate.set()
        await asyncio.gather(first, later)

    assert tell(story, typical_s=SLOW_S).batches == [1, 1]
    assert waiting_then == [0]


def test_an_answer_is_not_kept_while_the_next_run_lasts() -> None:
    gate = threading.Event()

    def predict(inputs: Arrays) -> Arrays:
        assert inputs["x"].item() == 1 or gate.wait(10)
        return {"y": inputs["x"] * 2}

    async def run() -> None:
        batcher = Batcher("m", [predict], Batching(max_rows=1), batched=True, typical_s=SLOW_S)
        first, later = (batcher.submit(rows(n), 1) for n in (1, 2))
        assert (await first)["y"].item() == 2
        assert not later.done()
        gate.set()
        await later
        batcher.close()

    asyncio.run(run())


def test_a_batch_holds_no_more_than_its_limit() -> None:
    async def story(batcher: Batcher, _: FakeRuntime) -> None:
        await asyncio.gather(*(batcher.submit(rows(*[0] * n), n) for n in (2, 2, 1)))

    assert tell(story, limits=Batching(max_rows=4)).batches == [4, 1]


def test_a_larger_request_goes_through_in_pieces() -> None:
    async def story(batcher: Batcher, _: FakeRuntime) -> None:
        answer = await batcher.submit(rows(*range(9)), 9)
        assert answer["y"].ravel().tolist() == [2.0 * n for n in range(9)]

    assert tell(story, limits=Batching(max_rows=4)).batches == [4, 4, 1]


def test_instances_run_beside_each_other() -> None:
    async def run() -> None:
        runtimes = [FakeRuntime(), FakeRuntime()]
        for runtime in runtimes:
            runtime.gate.clear()
        predicts = [runtime.predict for runtime in runtimes]
        batcher = Batcher("m", predicts, Batching(max_rows=1), batched=True, typical_s=SLOW_S)
        futures = [batcher.submit(rows(n), 1) for n in (1, 2)]
        for runtime in runtimes:
            await enter(runtime)
            runtime.gate.set()
        await asyncio.gather(*futures)
        batcher.close()

    asyncio.run(run())


def test_the_urgent_go_first() -> None:
    async def story(batcher: Batcher, runtime: FakeRuntime) -> None:
        runtime.gate.clear()
        done: list[int] = []
        first = batcher.submit(rows(0), 1)
        await enter(runtime)

        async def ask(level: int) -> None:
            await batcher.submit(rows(level), 1, None, level)
            done.append(level)

        waiting = [asyncio.create_task(ask(level)) for level in (3, 2, 0, 1, 9)]
        await asyncio.sleep(0)
        runtime.gate.set()
        await asyncio.gather(first, *waiting)
        assert done == [1, 2, 0, 3, 9]

    limits = Batching(max_rows=1, priority_levels=3, default_priority=2)
    tell(story, limits=limits, typical_s=SLOW_S)


def test_a_batch_is_cut_to_a_preferred_size() -> None:
    async def story(batcher: Batcher, _: FakeRuntime) -> None:
        await asyncio.gather(*(batcher.submit(rows(n), 1) for n in range(7)))

    assert tell(story, limits=Batching(max_rows=8, preferred_rows=(2, 4))).batches == [4, 2, 1]


def test_lengths_that_differ_share_a_run_when_padded() -> None:
    padding = Padding(input="x", lengths=(4,), outputs=("y",))

    async def story(batcher: Batcher, _: FakeRuntime) -> None:
        given = [np.ones((1, length)) for length in (2, 3, 6)]
        answers = await asyncio.gather(*(batcher.submit({"x": one}, 1) for one in given))
        assert [answer["y"].shape for answer in answers] == [(1, 2), (1, 3), (1, 6)]

    assert tell(story, limits=Batching(padding=(padding,))).batches == [2, 1]


def test_a_run_that_hangs_is_seen_and_those_who_wait_are_sent_away() -> None:
    async def story(batcher: Batcher, runtime: FakeRuntime) -> None:
        assert batcher.longest_run_s == 0.0
        runtime.gate.clear()
        first = batcher.submit(rows(1), 1)
        await enter(runtime)
        second = batcher.submit(rows(2), 1)
        assert batcher.longest_run_s > 0.0
        batcher.abandon("the model hangs")
        with pytest.raises(Unavailable, match="hangs"):
            await second
        runtime.gate.set()
        await first

    tell(story, typical_s=SLOW_S)


def test_other_trailing_shapes_never_share_a_run() -> None:
    async def story(batcher: Batcher, _: FakeRuntime) -> None:
        shapes = [(1, 2), (1, 3), (1, 2)]
        await asyncio.gather(*(batcher.submit({"x": np.zeros(shape)}, 1) for shape in shapes))

    assert tell(story).batches == [2, 1]


def test_a_model_that_is_not_batched_runs_one_request_at_a_time() -> None:
    async def story(batcher: Batcher, _: FakeRuntime) -> None:
        await asyncio.gather(*(batcher.submit(rows(n), 1) for n in range(3)))

    assert tell(story, batched=False).batches == [1, 1, 1]


def test_nobody_is_asked_again_alone_when_the_model_is_away() -> None:
    class Away(FakeRuntime):
        def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
            self.batches.append(len(inputs["x"]))
            raise Unavailable("m", "away")

    async def run(runtime: Away) -> None:
        batcher = Batcher("m", [runtime.predict], Batching(), batched=True, typical_s=0.0)
        asked = [batcher.submit(rows(n), 1) for n in range(3)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(answer, Unavailable) for answer in answers)
        batcher.close()

    runtime = Away()
    asyncio.run(run(runtime))
    assert runtime.batches == [3]


def test_a_poisoned_request_fails_alone() -> None:
    async def story(batcher: Batcher, _: FakeRuntime) -> None:
        asked = [batcher.submit(rows(n), 1) for n in (1, 13, 2)]
        done = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(done[1], PredictionFailed)
        assert [done[0]["y"].item(), done[2]["y"].item()] == [2, 4]  # type: ignore[index]  # not errors
        assert (await batcher.submit(rows(5), 1))["y"].item() == 10

    assert tell(story, poison=13).batches == [3, 1, 1, 1, 1]


def test_expired_and_cancelled_requests_are_never_computed() -> None:
    async def story(batcher: Batcher, runtime: FakeRuntime) -> None:
        runtime.gate.clear()
        first = batcher.submit(rows(1), 1)
        await enter(runtime)
        expired = batcher.submit(rows(2), 1, timeout_s=-1.0)
        cancelled = batcher.submit(rows(3), 1)
        cancelled.cancel()
        last = batcher.submit(rows(4), 1)
        runtime.gate.set()
        await asyncio.gather(first, last)
        with pytest.raises(DeadlineExceeded):
            await expired

    assert tell(story, typical_s=SLOW_S).batches == [1, 1]


@pytest.mark.parametrize(("status", "kind"), [(503, QueueFull), (429, TooManyRequests)])
def test_a_full_queue_refuses_at_once(status: Literal[429, 503], kind: type[QueueFull]) -> None:
    async def story(batcher: Batcher, runtime: FakeRuntime) -> None:
        runtime.gate.clear()
        running = batcher.submit(rows(1), 1)
        await enter(runtime)
        queued = batcher.submit(rows(2, 3), 2)
        with pytest.raises(QueueFull) as refusal:
            batcher.submit(rows(4), 1)
        assert type(refusal.value) is kind
        assert batcher.queued_rows == 2
        runtime.gate.set()
        await asyncio.gather(running, queued)
        assert batcher.queued_rows == 0

    tell(story, limits=Batching(max_queue_rows=2, full_status=status), typical_s=SLOW_S)


def test_one_request_larger_than_the_queue_still_finds_it_empty() -> None:
    async def story(batcher: Batcher, _: FakeRuntime) -> None:
        await batcher.submit(rows(1, 2, 3), 3)

    assert tell(story, limits=Batching(max_queue_rows=2)).batches == [3]


def test_closing_tells_whoever_still_waits() -> None:
    async def story(batcher: Batcher, runtime: FakeRuntime) -> None:
        runtime.gate.clear()
        running = batcher.submit(rows(1), 1)
        await enter(runtime)
        queued = batcher.submit(rows(2), 1)
        batcher.close()
        with pytest.raises(Unavailable):
            await queued
        runtime.gate.set()
        assert (await running)["y"].item() == 2

    assert tell(story, typical_s=SLOW_S).batches == [1]


def test_a_delay_collects_until_the_batch_is_full() -> None:
    async def story(batcher: Batcher, _: FakeRuntime) -> None:
        first = batcher.submit(rows(1), 1)
        await asyncio.sleep(0)
        async with asyncio.timeout(5):  # half of the delay
            await asyncio.gather(first, batcher.submit(rows(2), 1))

    limits = Batching(max_rows=2, max_delay_ms=10_000)
    assert tell(story, limits=limits).batches == [2]


def test_what_is_done_is_counted() -> None:
    async def story(batcher: Batcher, _: FakeRuntime) -> None:
        bad = batcher.submit(rows(13), 1)
        good = [batcher.submit(rows(n), 1) for n in (1, 2)]
        await asyncio.gather(bad, *good, return_exceptions=True)
        counts = batcher.tally.counts()
        assert (counts.durations["success"].count, counts.durations["fail"].count) == (2, 1)
        assert (counts.inference_count, counts.execution_count) == (2, 2)
        assert counts.durations["queue"].ns > 0

    tell(story, poison=13)


def test_who_is_alone_is_answered_in_the_same_turn() -> None:
    async def story(batcher: Batcher, runtime: FakeRuntime) -> None:
        answer = batcher.submit(rows(4), 1, is_alone=True)
        assert answer.done()
        assert (await answer)["y"].tolist() == [[8.0]]
        assert not batcher.submit(rows(4), 1).done()

    tell(story)
