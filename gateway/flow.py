"""An answer that arrives in pieces: from one connection to one reader, with a bound between them."""

import asyncio
from collections import deque
from collections.abc import Callable

from core.http import Headers

HIGH_BYTES = 256 * 2**10
LOW_BYTES = 64 * 2**10


class Flow:
    """The head of an answer, then its body in whatever pieces come. Belongs to one event loop.

    When the reader falls behind by HIGH_BYTES `pause` is called, and `resume` once LOW_BYTES are left:
    whoever sends is slowed down. `timeout_s` bounds each wait of the reader. `release` is called once,
    by `close`, with whether the whole answer came and was read: its connection is then good for another.
    """

    def __init__(
        self,
        status: int,
        headers: Headers,
        timeout_s: float,
        pause: Callable[[], None],
        resume: Callable[[], None],
        release: Callable[[bool], None],
    ) -> None:
        self.status = status
        self.headers = headers
        self._timeout_s = timeout_s
        self._pause = pause
        self._resume = resume
        self._release = release
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._is_paused = False
        self._is_whole = False
        self._is_closed = False
        self._failure: Exception | None = None
        self._changed = asyncio.Event()

    def push(self, piece: bytes) -> None:
        """The connection brings a piece."""
        self._pieces.append(piece)
        self._held += len(piece)
        if self._held > HIGH_BYTES and not self._is_paused:
            self._is_paused = True
            self._pause()
        self._changed.set()

    def end(self) -> None:
        """The connection brought the last piece."""
        self._is_whole = True
        self._changed.set()

    def fail(self, failure: Exception) -> None:
        """No more will come; the reader gets the pieces that did, then the failure."""
        self._failure = failure
        self._changed.set()

    def __aiter__(self) -> "Flow":
        return self

    async def __anext__(self) -> bytes:
        """The next piece; raises what the flow failed with, and TimeoutError."""
        while not self._pieces:
            if self._is_whole:
                raise StopAsyncIteration
            if self._failure is not None:
                raise self._failure
            self._changed.clear()
            async with asyncio.timeout(self._timeout_s):
                await self._changed.wait()
        piece = self._pieces.popleft()
        self._held -= len(piece)
        if self._is_paused and self._held <= LOW_BYTES:
            self._is_paused = False
            self._resume()
        return piece

    def close(self) -> None:
        """Give the connection back, or end it when more was to come. Closing twice is harmless."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._is_paused:
            self._resume()
        self._release(self._is_whole and not self._pieces)
