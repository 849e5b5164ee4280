"""The batcher: rows of many requests in one run of the model, greedy when it is idle.

All state belongs to one event loop. A model known to be quick runs on the loop itself, since a hop to
a thread costs more than the run: what arrives in one turn of the loop makes one batch. A slower one
runs on a worker thread for each of its instances while the loop goes on collecting.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter_ns

from core.batching import Batching
from core.errors import DeadlineExceeded, QueueFull, TidegateError, TooManyRequests, Unavailable
from serving.batch import Arrays
from serving.instance import Instance, Outcome, Predict
from serving.padding import pad
from serving.tally import Tally
from serving.waiting import Times, Waiting, WaitingRoom

INLINE_S = 0.0005
_Done = asyncio.Future[list[Outcome]]


class Batcher:
    """Collects requests for one model.

    Each of `predicts` is one instance, called with one batch at a time, from the loop's thread or a
    worker's. Requests with different trailing shapes never share a run; a model that is not `batched`
    runs one request at a time. `typical_s` is a first reading of the run time of a small batch, in
    seconds.
    """

    def __init__(
        self,
        name: str,
        predicts: Sequence[Predict],
        limits: Batching,
        *,
        batched: bool,
        typical_s: float,
    ) -> None:
        self._name = name
        self._limits = limits
        self._batched = batched
        self._loop = asyncio.get_running_loop()
        self._room = WaitingRoom(limits, batched=batched)
        self.tally = Tally()
        self._instances = tuple(
            Instance(name, predict, limits, self.tally, batched=batched, typical_s=typical_s)
            for predict in predicts
        )
        self._idle = list(self._instances)
        self._due: deque[tuple[list[Waiting], _Done]] = deque()
        self._started = 0
        self._scheduled = False
        self._timer: asyncio.TimerHandle | None = None
        self._worker = ThreadPoolExecutor(len(self._instances), thread_name_prefix="predict")

    @property
    def queued_rows(self) -> int:
        """Rows that wait for the model."""
        return self._room.rows

    @property
    def outstanding_rows(self) -> int:
        """Rows that wait or are computed."""
        return self._room.rows + sum(one.rows for one in self._instances)

    @property
    def longest_run_s(self) -> float:
        """For how many seconds the longest run that is under way has gone on."""
        return max(instance.run_s for instance in self._instances)

    def submit(
        self,
        inputs: Arrays,
        rows: int,
        timeout_s: float | None = None,
        priority: int = 0,
        times: Times | None = None,
        *,
        is_alone: bool = False,
    ) -> "asyncio.Future[Arrays]":
        """Queue a request; the future gives its own rows of the answer.

        The future raises DeadlineExceeded when `timeout_s` ran out before the model took the request,
        PredictionFailed when the model failed. Raises QueueFull, or TooManyRequests as the limits say, at
        once when there is no room. Cancelling the future before the model takes the request means that it
        is never computed. `is_alone`: nobody else is being answered, so an idle model takes it in this turn
        of the loop instead of the next one. `times` are filled in before the future is done.
        """
        queued = self._room.rows
        if queued and queued + rows > self._limits.max_queue_rows:
            kind = TooManyRequests if self._limits.full_status == 429 else QueueFull
            raise kind(self._name, self._expected_wait_s())
        future: asyncio.Future[Arrays] = self._loop.create_future()
        deadline = None if timeout_s is None else self._loop.time() + timeout_s
        waiting = Waiting(inputs, rows, deadline, timeout_s or 0.0, future, since=perf_counter_ns())
        waiting.times = times
        if priority or self._limits.priority_levels > 1:
            waiting.level = self._limits.level(priority)
        if self._limits.padding and self._batched:
            waiting.inputs, waiting.cuts = pad(inputs, self._limits.padding)
        if is_alone and self._idle and not self._room and not self._limits.max_delay_ms:
            self._start(self._idle.pop(), [waiting])
            return future
        self._room.add(waiting)
        if self._idle:
            self._arrange()
        return future

    def close(self) -> None:
        """End the workers once their runs are done; who still waits is told that the replica is going."""
        self.abandon("the replica is going")
        self._worker.shutdown(wait=False)

    def abandon(self, reason: str) -> None:
        """Tell everybody who still waits to ask elsewhere."""
        for waiting in self._room.clear():
            if not waiting.future.done():
                waiting.future.set_exception(Unavailable(self._name, reason))

    def _arrange(self) -> None:
        delay_s = self._limits.max_delay_ms / 1000
        if delay_s and self._batched and self._room.rows < self._limits.max_rows:
            if self._timer is None:
                self._timer = self._loop.call_later(delay_s, self._run)
        elif not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._run)

    def _run(self) -> None:
        self._scheduled = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._idle and self._room:
            batch, expired = self._room.take(self._loop.time())
            for waiting in expired:
                late = DeadlineExceeded(self._name, waiting.timeout_s)
                waiting.future.set_exception(late)
            if batch:
                self._start(self._idle.pop(), batch)

    def _start(self, instance: Instance, batch: list[Waiting]) -> None:
        taken_ns = perf_counter_ns()
        rows = 0
        for waiting in batch:
            waiting.queued_ns = taken_ns - waiting.since
            rows += waiting.rows
        instance.begin(rows)
        # A large request takes longer than the typical run, and must not hold the loop.
        is_quick = instance.typical_s < INLINE_S and rows <= self._limits.max_rows
        if is_quick and len(self._instances) == 1:
            outcomes = instance.compute(batch)
            self._release(instance)
            self._answer(batch, outcomes)
            return
        # Answers that are due wait until the model is in this run: both need the interpreter, and
        # the model needs it for a moment only.
        entered = partial(self._loop.call_soon_threadsafe, self._settle) if self._due else None
        computing = self._loop.run_in_executor(self._worker, instance.compute, batch, entered)
        computing.add_done_callback(partial(self._finish, instance, batch))
        self._started += 1

    def _finish(self, instance: Instance, batch: list[Waiting], done: _Done) -> None:
        self._release(instance)
        self._due.append((batch, done))
        started = self._started
        # The model's time is the scarce one: its next run begins before these answers are written.
        try:
            self._run()
        finally:
            if self._started == started:
                self._settle()

    def _release(self, instance: Instance) -> None:
        instance.end()
        self._idle.append(instance)

    def _settle(self) -> None:
        while self._due:
            batch, done = self._due.popleft()
            self._answer(batch, done.result())

    def _answer(self, batch: list[Waiting], outcomes: list[Outcome]) -> None:
        now = perf_counter_ns()
        ended = self.tally.end
        for waiting, outcome in zip(batch, outcomes, strict=True):
            is_good = not isinstance(outcome, TidegateError)
            ended(now - waiting.since, waiting.queued_ns, is_good=is_good)
            if (times := waiting.times) is not None:
                times.queued_ns = waiting.queued_ns
                times.computed_ns = now - waiting.since - waiting.queued_ns
            if waiting.future.done():
                continue
            if isinstance(outcome, TidegateError):
                waiting.future.set_exception(outcome)
            else:
                waiting.future.set_result(outcome)

    def _expected_wait_s(self) -> float:
        runs = self._room.rows / self._limits.max_rows / len(self._instances)
        return max(0.1, max(one.typical_s for one in self._instances) * runs)
