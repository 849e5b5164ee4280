"""The streamer: answers that a model gives in pieces, made while they are sent.

A piece is computed when the one before it has gone out, so a slow client holds up its own model run and
nothing else. What runs is ended when the caller goes away.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from core.errors import DeadlineExceeded, PredictionFailed, QueueFull, TidegateError
from core.tensor import Parameter
from serving.batch import Arrays

Stream = Callable[[Arrays, Mapping[str, Parameter]], Iterator[Arrays]]
_RETRY_AFTER_S = 1.0


class Streamer:
    """Runs up to `limit` streams at a time, their pieces computed on `workers` threads."""

    def __init__(self, name: str, stream: Stream, *, workers: int, limit: int) -> None:
        self._name = name
        self._stream = stream
        self._limit = limit
        self._running = 0
        self._worker = ThreadPoolExecutor(workers, thread_name_prefix="stream")

    async def pieces(
        self, inputs: Arrays, parameters: Mapping[str, Parameter], timeout_s: float | None
    ) -> AsyncGenerator[Arrays, None]:
        """The pieces of one answer.

        Raises QueueFull, PredictionFailed, and DeadlineExceeded when the whole took longer than
        `timeout_s`. Closing the iterator ends the model's work.
        """
        if self._running >= self._limit:
            raise QueueFull(self._name, _RETRY_AFTER_S)
        loop = asyncio.get_running_loop()
        ends_at = None if timeout_s is None else loop.time() + timeout_s
        self._running += 1
        made: Iterator[Arrays] = iter(())
        try:
            made = self._stream(inputs, parameters)
            while True:
                async with asyncio.timeout_at(ends_at):
                    piece = await loop.run_in_executor(self._worker, self._next, made)
                if piece is None:
                    return
                yield piece
        except TimeoutError as error:
            raise DeadlineExceeded(self._name, timeout_s or 0.0) from error
        finally:
            self._running -= 1
            close = getattr(made, "close", None)
            if close is not None:
                # On the thread that may still be in it: a generator cannot be closed while it runs.
                self._worker.submit(_close, close)

    def close(self) -> None:
        """End the threads once they are done."""
        self._worker.shutdown(wait=False)

    def _next(self, made: Iterator[Arrays]) -> Arrays | None:
        try:
            return next(made, None)
        except TidegateError:
            raise
        except Exception as error:  # a model may raise anything
            raise PredictionFailed(self._name, f"{type(error).__name__}: {error}") from error


def _close(close: Callable[[], None]) -> None:
    try:
        close()
    except ValueError:
        # Another worker is still in it: it ends with the piece that it makes now.
        return
