"""Turns: several questions of one stream worked on at once, and whose answers come when."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

AHEAD = 32
_BUFFERED = 8
Piece = TypeVar("Piece")


@dataclass(frozen=True, slots=True)
class Question(Generic[Piece]):
    """Work that gives pieces of an answer.

    `in_order`: its pieces come after those of all questions before it that are in order too. Questions
    with the same `sequence` are worked on one after the other.
    """

    pieces: AsyncGenerator[Piece, None]
    in_order: bool = True
    sequence: object = None


class _Turns(Generic[Piece]):
    """Works on up to AHEAD questions; a client that does not take its answers makes them wait."""

    def __init__(self) -> None:
        self.made: asyncio.Queue[Piece | None] = asyncio.Queue(_BUFFERED)
        self._room = asyncio.Semaphore(AHEAD)
        self._last: asyncio.Task[None] | None = None
        self._of_sequence: dict[object, asyncio.Task[None]] = {}

    async def read(self, questions: AsyncIterator[Question[Piece]]) -> None:
        """Begin each question; put None when all are answered, or when something went wrong."""
        try:
            async with asyncio.TaskGroup() as group:
                async for question in questions:
                    await self._room.acquire()
                    self._begin(question, group)
        except ExceptionGroup:
            await self.made.put(None)
            raise
        await self.made.put(None)

    def _begin(self, question: Question[Piece], group: asyncio.TaskGroup) -> None:
        sequence = question.sequence
        before = self._of_sequence.get(sequence) if sequence else None
        ahead = self._last if question.in_order else None
        task = group.create_task(self._work(question, before, ahead))
        if question.in_order:
            self._last = task
        if sequence:
            self._of_sequence[sequence] = task
        task.add_done_callback(partial(self._forget, sequence))

    def _forget(self, sequence: object, ended: asyncio.Task[None]) -> None:
        self._room.release()
        if self._of_sequence.get(sequence) is ended:
            del self._of_sequence[sequence]

    async def _work(
        self,
        question: Question[Piece],
        before: asyncio.Task[None] | None,
        ahead: asyncio.Task[None] | None,
    ) -> None:
        if before is not None:
            await asyncio.wait((before,))
        async with aclosing(question.pieces) as pieces:
            async for piece in pieces:
                if ahead is not None:
                    await asyncio.wait((ahead,))
                await self.made.put(piece)
        if ahead is not None:
            # Also where there was nothing to say: whoever comes next waits for this one alone.
            await asyncio.wait((ahead,))


async def in_turn(questions: AsyncIterator[Question[Piece]]) -> AsyncGenerator[Piece, None]:
    """The pieces of all answers. Closing it ends all work.

    Raises an ExceptionGroup of what reading the questions, or working on one, raised.
    """
    turns: _Turns[Piece] = _Turns()
    reader = asyncio.create_task(turns.read(questions))
    try:
        while (piece := await turns.made.get()) is not None:
            yield piece
        await reader
    finally:
        reader.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await reader
