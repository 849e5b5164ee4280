import asyncio
import threading
from collections.abc import Iterator, Mapping

import numpy as np
import pytest

from core.errors import DeadlineExceeded, PredictionFailed, QueueFull
from core.tensor import NO_PARAMETERS, Parameter
from serving.batch import Arrays
from serving.streamer import Streamer

pytestmark = pytest.mark.anyio
INPUTS: Arrays = {"x": np.ones(1)}


class Counting:
    """Counts up; `gate` holds it before each piece, `closed` says that it was ended."""

    def __init__(self, count: int = 3) -> None:
        self.made = 0
        self.gate = threading.Event()
        self.gate.set()
        self.closed = threading.Event()
        self._count = count

    def stream(self, inputs: Arrays, parameters: Mapping[str, Parameter]) -> Iterator[Arrays]:
        try:
            for number in range(self._count):
                self.gate.wait()
                self.made += 1
                yield {"y": inputs["x"] * number}
            if parameters.get("fail"):
                raise ZeroDivisionError("oops")
        finally:
            self.closed.set()


def open_streamer(model: Counting, limit: int = 8) -> Streamer:
    return Streamer("count", model.stream, workers=1, limit=limit)


async def test_pieces_come_in_order() -> None:
    streamer = open_streamer(Counting())
    pieces = [piece async for piece in streamer.pieces(INPUTS, NO_PARAMETERS, None)]
    assert [float(piece["y"][0]) for piece in pieces] == [0.0, 1.0, 2.0]
    streamer.close()


async def test_nothing_is_made_before_it_is_wanted() -> None:
    model = Counting(count=100)
    pieces = open_streamer(model).pieces(INPUTS, NO_PARAMETERS, None)
    await anext(pieces)
    await anext(pieces)
    assert model.made == 2
    await pieces.aclose()
    assert await asyncio.to_thread(model.closed.wait, 5)


async def test_a_failure_is_typed() -> None:
    pieces = open_streamer(Counting()).pieces(INPUTS, {"fail": True}, None)
    with pytest.raises(PredictionFailed, match="oops"):
        _ = [piece async for piece in pieces]


async def test_the_whole_has_one_deadline() -> None:
    model = Counting()
    model.gate.clear()
    with pytest.raises(DeadlineExceeded):
        await anext(open_streamer(model).pieces(INPUTS, NO_PARAMETERS, 0.01))
    model.gate.set()
    assert await asyncio.to_thread(model.closed.wait, 5)


async def test_no_more_run_than_allowed() -> None:
    streamer = open_streamer(Counting(), limit=1)
    first = streamer.pieces(INPUTS, NO_PARAMETERS, None)
    await anext(first)
    with pytest.raises(QueueFull):
        await anext(streamer.pieces(INPUTS, NO_PARAMETERS, None))
    await first.aclose()
    await anext(streamer.pieces(INPUTS, NO_PARAMETERS, None))
