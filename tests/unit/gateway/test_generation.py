from collections.abc import AsyncGenerator

import numpy as np
import orjson
import pytest

from core.errors import MalformedRequest, ReplicaLost
from core.tensor import InferResponse, Tensor
from gateway.generation import begin_events, write_only

pytestmark = pytest.mark.anyio


class Model:
    """Gives so many answers, then fails with `failure` if there is one."""

    def __init__(self, count: int, failure: Exception | None = None) -> None:
        self._count, self._failure = count, failure
        self.is_closed = False

    async def answer(self) -> AsyncGenerator[InferResponse, None]:
        try:
            for index in range(self._count):
                yield InferResponse("m", "1", (Tensor.of("text", [b"t%d" % index]),))
            if self._failure is not None:
                raise self._failure
        finally:
            self.is_closed = True


async def read_events(model: Model) -> list[dict[str, object]]:
    streamed = await begin_events(model.answer())
    assert streamed.status == 200
    assert (b"content-type", b"text/event-stream; charset=utf-8") in streamed.headers
    text = b"".join([piece async for piece in streamed.pieces]).decode()
    assert model.is_closed
    return [orjson.loads(event.removeprefix("data: ")) for event in text.split("\n\n")[:-1]]


async def test_each_answer_is_an_event() -> None:
    assert [event["text"] for event in await read_events(Model(3))] == ["t0", "t1", "t2"]


async def test_the_first_failure_is_a_status() -> None:
    model = Model(0, ReplicaLost("iris", "closed"))
    with pytest.raises(ReplicaLost):
        await begin_events(model.answer())
    assert model.is_closed


async def test_a_later_failure_is_an_event() -> None:
    *_, last = await read_events(Model(2, ReplicaLost("iris", "closed")))
    assert last == {"error": "'iris' is unavailable: the replica went away (closed)"}


async def test_what_nobody_foresaw_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    *_, last = await read_events(Model(1, RuntimeError("inner secret")))
    assert last == {"error": "internal error"}
    assert "inner secret" in caplog.text


async def test_closing_the_events_ends_the_model() -> None:
    model = Model(9)
    streamed = await begin_events(model.answer())
    await anext(streamed.pieces)
    await streamed.pieces.aclose()
    assert model.is_closed


async def test_generate_wants_one_answer() -> None:
    reply = await write_only(Model(1).answer())
    assert orjson.loads(reply.body) == {"model_name": "m", "model_version": "1", "text": "t0"}
    with pytest.raises(MalformedRequest, match="generate_stream"):
        await write_only(Model(2).answer())


async def test_numbers_that_are_none_are_written_as_triton_does() -> None:
    async def answer() -> AsyncGenerator[InferResponse, None]:
        yield InferResponse("m", "1", (Tensor.of("y", np.array([np.nan, np.inf])),))

    assert b"[NaN,Infinity]" in (await write_only(answer())).body
