import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import pytest

from gateway.rpc.turns import AHEAD, Question, in_turn

pytestmark = pytest.mark.anyio


class Work:
    """Questions whose answers wait for each one's gate."""

    def __init__(
        self, count: int, *, in_order: bool = True, sequences: tuple[object, ...] = ()
    ) -> None:
        self.gates = [asyncio.Event() for _ in range(count)]
        self.in_order = in_order
        self.sequences = sequences or (None,) * count
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.changed = asyncio.Event()

    async def answer(self, number: int) -> AsyncGenerator[str, None]:
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

    async def questions(self) -> AsyncIterator[Question[str]]:
        for number, sequence in enumerate(self.sequences):
            yield Question(self.answer(number), self.in_order, sequence)


def open_gates(work: Work, *numbers: int) -> None:
    for number in numbers:
        work.gates[number].set()


async def test_answers_keep_their_order_and_work_does_not_wait_for_it() -> None:
    work = Work(3)
    answers = in_turn(work.questions())
    first = asyncio.create_task(anext(answers))
    await work.until(lambda: len(work.begun) == 3)
    open_gates(work, 2, 1)
    await asyncio.sleep(0)
    assert not first.done()
    open_gates(work, 0)
    rest = [await first] + [one async for one in answers]
    assert rest == ["0a", "0b", "1a", "1b", "2a", "2b"]


async def test_what_is_not_in_order_waits_for_nobody() -> None:
    work = Work(2, in_order=False)
    answers = in_turn(work.questions())
    open_gates(work, 1)
    assert [await anext(answers), await anext(answers)] == ["1a", "1b"]
    open_gates(work, 0)
    assert [one async for one in answers] == ["0a", "0b"]


async def test_one_sequence_is_worked_on_one_after_the_other() -> None:
    work = Work(3, sequences=("s", "s", "t"))
    answers = in_turn(work.questions())
    first = asyncio.create_task(anext(answers))
    await work.until(lambda: len(work.begun) == 2)
    assert sorted(work.begun) == [0, 2]
    open_gates(work, 0)
    assert [await first, await anext(answers)] == ["0a", "0b"]
    await work.until(lambda: 1 in work.begun)
    open_gates(work, 1, 2)
    assert [one async for one in answers] == ["1a", "1b", "2a", "2b"]


async def test_only_so_many_are_worked_on() -> None:
    work = Work(3 * AHEAD)
    answers = in_turn(work.questions())
    first = asyncio.create_task(anext(answers))
    await work.until(lambda: len(work.begun) >= AHEAD)
    open_gates(work, 0)
    await first
    assert len(work.begun) <= AHEAD + 1
    await answers.aclose()


async def test_leaving_ends_the_work() -> None:
    work = Work(2)
    answers = in_turn(work.questions())
    open_gates(work, 0)
    await anext(answers)
    await work.until(lambda: 1 in work.begun)
    await answers.aclose()
    assert sorted(work.ended) == [0, 1]


async def test_a_client_that_takes_nothing_makes_the_work_wait() -> None:
    made: list[int] = []

    async def talk() -> AsyncGenerator[int, None]:
        for number in range(1000):
            made.append(number)
            yield number

    async def questions() -> AsyncIterator[Question[int]]:
        yield Question(talk())

    answers = in_turn(questions())
    await anext(answers)
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(made) < 20
    await answers.aclose()


async def test_an_answer_of_nothing_lets_nobody_pass() -> None:
    async def silence() -> AsyncGenerator[str, None]:
        nothing: tuple[str, ...] = ()
        for piece in nothing:
            yield piece

    work = Work(1)

    async def questions() -> AsyncIterator[Question[str]]:
        yield Question(work.answer(0))
        yield Question(silence())
        yield Question(Work(1).answer(0))

    answers = in_turn(questions())
    first = asyncio.create_task(anext(answers))
    await work.until(lambda: work.begun == [0])
    open_gates(work, 0)
    assert [await first, await anext(answers)] == ["0a", "0b"]
    await answers.aclose()


async def test_what_goes_wrong_is_told() -> None:
    async def broken() -> AsyncIterator[Question[str]]:
        yield Question(Work(1).answer(1 // 0))

    with pytest.raises(ExceptionGroup) as caught:
        _ = [one async for one in in_turn(broken())]
    assert caught.group_contains(ZeroDivisionError)
