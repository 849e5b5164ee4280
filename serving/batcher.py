"""The batcher: rows of many requests in one run of the model, greedy when it is idle.

All state belongs to one event loop. A model known to be quick runs on the loop itself, since a hop to
a thread costs more than the run: what arrives in one turn of the loop makes one batch. A slower one
runs on one worker thread while the loop goes on collecting.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

from core.batching import Batching
from core.errors import (
    DeadlineExceeded,
    PredictionFailed,
    QueueFull,
    TidegateError,
    Unavailable,
)
from serving.batch import Arrays, collate, split

log = logging.getLogger(__name__)
INLINE_S = 0.0005
_SMOOTHING = 0.1
Key = tuple[tuple[str, tuple[int, ...]], ...]
Outcome = Arrays | TidegateError


@dataclass(slots=True, eq=False)
class Waiting:
    """One request in the queue. `deadline` is on the loop's clock, None for no end."""

    inputs: Arrays
    rows: int
    deadline: float | None
    timeout_s: float
    future: "asyncio.Future[Arrays]"


class Batcher:
    """Collects requests for one model.

    `predict` is called with one batch at a time, from the loop's thread or the worker's. Requests with
    different trailing shapes never share a run; a model that is not `batched` runs one request at a time.
    `typical_s` is a first reading of the run time of a small batch, in seconds.
    """

    def __init__(
        self,
        name: str,
        predict: Callable[[Arrays], Arrays],
        limits: Batching,
        *,
        batched: bool,
        typical_s: float,
    ) -> None:
        self._name = name
        self._predict = predict
        self._limits = limits
        self._batched = batched
        self._typical_s = typical_s
        self._loop = asyncio.get_running_loop()
        self._queues: dict[Key, deque[Waiting]] = {}
        self._queued_rows = 0
        self._busy = False
        self._scheduled = False
        self._timer: asyncio.TimerHandle | None = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="predict")

    @property
    def queued_rows(self) -> int:
        """Rows that wait for the model."""
        return self._queued_rows

    def submit(
        self, inputs: Arrays, rows: int, timeout_s: float | None = None
    ) -> "asyncio.Future[Arrays]":
        """Queue a request; the future gives its own rows of the answer.

        The future raises DeadlineExceeded when `timeout_s` ran out before the model took the request,
        PredictionFailed when the model failed. Raises QueueFull at once when there is no room.
        Cancelling the future before the model takes the request means that it is never computed.
        """
        if self._queued_rows and self._queued_rows + rows > self._limits.max_queue_rows:
            raise QueueFull(self._name, self._expected_wait_s())
        future: asyncio.Future[Arrays] = self._loop.create_future()
        deadline = None if timeout_s is None else self._loop.time() + timeout_s
        waiting = Waiting(inputs, rows, deadline, timeout_s or 0.0, future)
        key = tuple((name, array.shape[1:]) for name, array in inputs.items())
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = deque()
        queue.append(waiting)
        self._queued_rows += rows
        if not self._busy:
            self._arrange()
        return future

    def close(self) -> None:
        """End the worker once its run is done; requests still queued are told that the replica is going."""
        for waiting in (one for queue in self._queues.values() for one in queue):
            if not waiting.future.done():
                waiting.future.set_exception(Unavailable(self._name, "the replica is going"))
        self._queues.clear()
        self._queued_rows = 0
        self._worker.shutdown(wait=False)

    def _arrange(self) -> None:
        delay_s = self._limits.max_delay_ms / 1000
        if delay_s and self._batched and self._queued_rows < self._limits.max_rows:
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
        if self._busy or not (batch := self._take()):
            return
        if self._typical_s < INLINE_S:
            self._finish(batch, self._compute(batch))
            return
        self._busy = True
        computing = self._loop.run_in_executor(self._worker, self._compute, batch)
        computing.add_done_callback(lambda done: self._finish(batch, done.result()))

    def _take(self) -> list[Waiting]:
        """The next batch: the queue that waited longest gives up to `max_rows`, then goes last."""
        now = self._loop.time()
        while self._queues:
            key, queue = next(iter(self._queues.items()))
            del self._queues[key]
            batch = self._take_from(queue, now)
            if queue:
                self._queues[key] = queue
            if batch:
                return batch
        return []

    def _take_from(self, queue: "deque[Waiting]", now: float) -> list[Waiting]:
        batch: list[Waiting] = []
        rows = 0
        while queue:
            waiting = queue[0]
            if batch and (not self._batched or rows + waiting.rows > self._limits.max_rows):
                break
            queue.popleft()
            self._queued_rows -= waiting.rows
            if waiting.future.done():
                continue
            if waiting.deadline is not None and waiting.deadline <= now:
                waiting.future.set_exception(DeadlineExceeded(self._name, waiting.timeout_s))
                continue
            batch.append(waiting)
            rows += waiting.rows
        return batch

    def _compute(self, batch: list[Waiting]) -> list[Outcome]:
        """An outcome for each request. When a batch fails, each request is tried once more alone."""
        try:
            return list(self._attempt(batch))
        except TidegateError as error:
            if len(batch) == 1:
                return [error]
        return [outcome for waiting in batch for outcome in self._compute([waiting])]

    def _attempt(self, batch: list[Waiting]) -> list[Arrays]:
        started = perf_counter()
        try:
            outputs = self._predict(collate([waiting.inputs for waiting in batch]))
            self._typical_s += _SMOOTHING * (perf_counter() - started - self._typical_s)
            if not self._batched:
                return [outputs]
            return split(outputs, [waiting.rows for waiting in batch], self._name)
        except TidegateError:
            raise
        except Exception as error:  # a model may raise anything, and only its caller is to notice
            raise PredictionFailed(self._name, f"{type(error).__name__}: {error}") from error

    def _finish(self, batch: list[Waiting], outcomes: list[Outcome]) -> None:
        self._busy = False
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if waiting.future.done():
                continue
            if isinstance(outcome, TidegateError):
                waiting.future.set_exception(outcome)
            else:
                waiting.future.set_result(outcome)
        if self._queues and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._run)

    def _expected_wait_s(self) -> float:
        return max(0.1, self._typical_s * self._queued_rows / self._limits.max_rows)
