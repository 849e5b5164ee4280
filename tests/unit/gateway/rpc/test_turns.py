import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from gateway.rpc.turns import AHEAD, in_turn

pytestmark = pytest.mark.anyio


class Work:
    """Questions whose answers wait for each one's gate."""

    def __init__(self, count: int) -> None:
        self.gates = [asyncio.Event() for _ in range(count)]
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.changed = asyncio.Event()

    async def answer(self, number: int) -> AsyncIterator[str]:
        self.begun.append(number)
        self.changed.set()
        try:
            await self.gates[number].wait()
            yield f"{number}a"
            yield f"{number}b"
        finally:
            self.ended.append(number)
            self.changed.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self.changed.clear()
            await self.changed.wait()

    async def questions(self) -> AsyncIterator[AsyncIterator[str]]:
        for number in range(len(self.gates)):
            yield self.answer(number)


async def test_answers_keep_their_order_and_work_does_not_wait_for_it() -> None:
    work = Work(3)
    answers = in_turn(work.questions())
    for number in (2, 1):
        work.gates[number].set()
    first = asyncio.create_task(anext(answers))
    await work.until(lambda: sorted(work.ended) == [1, 2])
    assert not first.done()
    work.gates[0].set()
    rest = [await first] + [one async for one in answers]
    assert rest == ["0a", "0b", "1a", "1b", "2a", "2b"]


async def test_only_so_many_are_worked_on() -> None:
    work = Work(3 * AHEAD)
    answers = in_turn(work.questions())
    first = asyncio.create_task(anext(answers))
    await work.until(lambda: len(work.begun) >= AHEAD)
    work.gates[0].set()
    await first
    assert len(work.begun) <= AHEAD + 2
    await answers.aclose()


async def test_leaving_ends_the_work() -> None:
    work = Work(2)
    answers = in_turn(work.questions())
    work.gates[0].set()
    await anext(answers)
    await work.until(lambda: 1 in work.begun)
    await answers.aclose()
    assert sorted(work.ended) == [0, 1]


async def test_a_reader_that_fails_is_told() -> None:
    async def broken() -> AsyncIterator[AsyncIterator[str]]:
        yield Work(1).answer(1 // 0)

    with pytest.raises(ZeroDivisionError):
        _ = [one async for one in in_turn(broken())]
