"""Answers in the order of their questions, while several questions are worked on."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Any

AHEAD = 32
_BUFFERED = 4
_END = object()


class _Turn:
    """One question's answers; its work waits when nobody takes them."""

    def __init__(self, pieces: AsyncIterator[Any]) -> None:
        self._pieces = pieces
        self._made: asyncio.Queue[Any] = asyncio.Queue(_BUFFERED)
        self._task = asyncio.create_task(self._work())

    async def take(self) -> AsyncIterator[Any]:
        """The answers as they come; raises what the work raised."""
        while (piece := await self._made.get()) is not _END:
            yield piece
        await self._task

    async def stop(self) -> None:
        """End the work, wherever it is."""
        self._task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._task

    async def _work(self) -> None:
        try:
            async for piece in self._pieces:
                await self._made.put(piece)
        finally:
            # When cancelled nobody takes any more, and a full queue must not hold us.
            with suppress(asyncio.QueueFull):
                if asyncio.current_task() is self._task and self._task.cancelling():
                    self._made.put_nowait(_END)
                else:
                    await self._made.put(_END)


async def in_turn(questions: AsyncIterator[AsyncIterator[Any]]) -> AsyncGenerator[Any, None]:
    """Work on up to AHEAD questions at once; give the answers of the first, then of the second, ..."""
    turns: asyncio.Queue[Any] = asyncio.Queue(AHEAD)
    begun: list[_Turn] = []

    async def read() -> None:
        async for pieces in questions:
            turn = _Turn(pieces)
            begun.append(turn)
            await turns.put(turn)
        await turns.put(_END)

    reader = asyncio.create_task(read())
    try:
        while True:
            getting = asyncio.create_task(turns.get())
            await asyncio.wait((getting, reader), return_when=asyncio.FIRST_COMPLETED)
            if not getting.done() and reader.done() and reader.exception() is not None:
                getting.cancel()
                reader.result()
            turn = await getting
            if turn is _END:
                return
            async for piece in turn.take():
                yield piece
            begun.remove(turn)
    finally:
        reader.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await reader
        for turn in begun:
            await turn.stop()
