"""The batcher: rows of many requests in one run of the model, greedy when it is idle.

All state belongs to one event loop. A model known to be quick runs on the loop itself, since a hop to
a thread costs more than the run: what arrives in one turn of the loop makes one batch. A slower one
runs on a worker thread for each of its instances while the loop goes on collecting.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, perf_counter_ns

from core.batching import Batching
from core.errors import (
    DeadlineExceeded,
    PredictionFailed,
    QueueFull,
    TidegateError,
    TooManyRequests,
    Unavailable,
)
from serving.batch import Arrays, collate, cut, split
from serving.padding import pad, trim
from serving.tally import Tally
from serving.waiting import Waiting, WaitingRoom

log = logging.getLogger(__name__)
INLINE_S = 0.0005
_SMOOTHING = 0.1
Predict = Callable[[Arrays], Arrays]
Outcome = Arrays | TidegateError


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
        self._predicts = tuple(predicts)
        self._limits = limits
        self._batched = batched
        self._typical_s = typical_s
        self._loop = asyncio.get_running_loop()
        self._room = WaitingRoom(limits, batched=batched)
        self.tally = Tally()
        self._idle = list(range(len(self._predicts)))
        self._began: dict[int, float] = {}
        self._computing: dict[int, int] = {}
        self._scheduled = False
        self._timer: asyncio.TimerHandle | None = None
        self._worker = ThreadPoolExecutor(len(self._predicts), thread_name_prefix="predict")

    @property
    def queued_rows(self) -> int:
        """Rows that wait for the model."""
        return self._room.rows

    @property
    def outstanding_rows(self) -> int:
        """Rows that wait or are computed."""
        return self._room.rows + sum(self._computing.values())

    @property
    def longest_run_s(self) -> float:
        """For how many seconds the longest run that is under way has gone on."""
        began = min(self._began.values(), default=None)
        return 0.0 if began is None else perf_counter() - began

    def submit(
        self, inputs: Arrays, rows: int, timeout_s: float | None = None, priority: int = 0
    ) -> "asyncio.Future[Arrays]":
        """Queue a request; the future gives its own rows of the answer.

        The future raises DeadlineExceeded when `timeout_s` ran out before the model took the request,
        PredictionFailed when the model failed. Raises QueueFull, or TooManyRequests as the limits say, at
        once when there is no room.
        Cancelling the future before the model takes the request means that it is never computed.
        """
        queued = self._room.rows
        if queued and queued + rows > self._limits.max_queue_rows:
            kind = TooManyRequests if self._limits.full_status == 429 else QueueFull
            raise kind(self._name, self._expected_wait_s())
        future: asyncio.Future[Arrays] = self._loop.create_future()
        deadline = None if timeout_s is None else self._loop.time() + timeout_s
        waiting = Waiting(inputs, rows, deadline, timeout_s or 0.0, future, since=perf_counter_ns())
        if priority or self._limits.priority_levels > 1:
            waiting.level = self._limits.level(priority)
        if self._limits.padding and self._batched:
            waiting.inputs, waiting.cuts = pad(inputs, self._limits.padding)
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

    def _start(self, instance: int, batch: list[Waiting]) -> None:
        self._began[instance] = perf_counter()
        taken_ns = perf_counter_ns()
        for waiting in batch:
            waiting.queued_ns = taken_ns - waiting.since
        rows = sum(waiting.rows for waiting in batch)
        self._computing[instance] = rows
        # A large request takes longer than the typical run, and must not hold the loop.
        if (
            self._typical_s < INLINE_S
            and len(self._predicts) == 1
            and rows <= self._limits.max_rows
        ):
            self._finish(instance, batch, self._compute(instance, batch))
            return
        computing = self._loop.run_in_executor(self._worker, self._compute, instance, batch)
        computing.add_done_callback(lambda done: self._finish(instance, batch, done.result()))

    def _compute(self, instance: int, batch: list[Waiting]) -> list[Outcome]:
        """An outcome for each request. When a batch fails, each request is tried once more alone."""
        try:
            return list(self._attempt(instance, batch))
        except Unavailable as error:
            # It is none of the requests' fault, and each alone would wait as long again.
            return [error] * len(batch)
        except TidegateError as error:
            if len(batch) == 1:
                return [error]
        return [outcome for waiting in batch for outcome in self._compute(instance, [waiting])]

    def _attempt(self, instance: int, batch: list[Waiting]) -> list[Arrays]:
        started = perf_counter_ns()
        rows = sum(waiting.rows for waiting in batch)
        try:
            inputs = collate([waiting.inputs for waiting in batch])
            joined = perf_counter_ns()
            outputs = self._predict(instance, inputs, rows)
            computed = perf_counter_ns()
            parts = [outputs]
            if self._batched:
                parts = split(outputs, [waiting.rows for waiting in batch], self._name)
            if self._limits.padding:
                pairs = zip(parts, batch, strict=True)
                parts = [trim(part, waiting.cuts) for part, waiting in pairs]
            ended = perf_counter_ns()
            self._typical_s += _SMOOTHING * ((ended - started) / 1e9 - self._typical_s)
            times = (joined - started, computed - joined, ended - computed)
            self.tally.run(rows, len(batch), times)
        except TidegateError:
            raise
        except Exception as error:  # a model may raise anything, and only its caller is to notice
            raise PredictionFailed(self._name, f"{type(error).__name__}: {error}") from error
        return parts

    def _predict(self, instance: int, inputs: Arrays, rows: int) -> Arrays:
        predict = self._predicts[instance]
        if not self._batched or rows <= self._limits.max_rows:
            return predict(inputs)
        # One request of more rows than the model is to see at once.
        size = self._limits.max_rows
        pieces = [cut(inputs, start, min(start + size, rows)) for start in range(0, rows, size)]
        answers = [
            split(predict(piece), [min(size, rows - at * size)], self._name)[0]
            for at, piece in enumerate(pieces)
        ]
        return collate(answers)

    def _finish(self, instance: int, batch: list[Waiting], outcomes: list[Outcome]) -> None:
        self._began.pop(instance, None)
        self._computing.pop(instance, None)
        self._idle.append(instance)
        now = perf_counter_ns()
        ended: list[tuple[bool, int, int]] = []
        for waiting, outcome in zip(batch, outcomes, strict=True):
            is_good = not isinstance(outcome, TidegateError)
            ended.append((is_good, now - waiting.since, waiting.queued_ns))
            if waiting.future.done():
                continue
            if isinstance(outcome, TidegateError):
                waiting.future.set_exception(outcome)
            else:
                waiting.future.set_result(outcome)
        self.tally.end(ended)
        if self._room and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._run)

    def _expected_wait_s(self) -> float:
        runs = self._room.rows / self._limits.max_rows / len(self._predicts)
        return max(0.1, self._typical_s * runs)
