import gzip
import os
import signal
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import numpy as np
import orjson
import pytest

from core import wire
from core.errors import MalformedRequest, ModelError, PayloadTooLarge, QueueFull, Unavailable
from core.tensor import InferRequest, InferResponse, Tensor
from gateway import scribe as bounds
from gateway.scribe import Limits, Scribe, read_response, write_request

pytestmark = pytest.mark.anyio
TEXTS = Tensor.of("t", [b"text"] * (bounds.INLINE_TEXTS + 1))


class Bench(ThreadPoolExecutor):
    """Stands in for the processes, in a thread; notes what it was asked to run."""

    def __init__(self) -> None:
        super().__init__(1)
        self.ran: list[str] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        self.ran.append(fn.__name__)
        return super().submit(fn, *args, **kwargs)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench()
    monkeypatch.setattr(bounds, "start_pool", lambda _processes: bench)
    return bench


@pytest.fixture
async def scribe() -> AsyncIterator[Scribe]:
    scribe = Scribe(Limits(2**24, 2**22))
    yield scribe
    await scribe.aclose()


def make_json(count: int) -> bytes:
    tensor = {"name": "x", "datatype": "FP32", "shape": [count], "data": [0.5] * count}
    return orjson.dumps({"inputs": [tensor]})


async def test_small_bodies_are_read_at_once(scribe: Scribe, bench: Bench) -> None:
    for headers in ([], [(b"content-encoding", b"identity")]):
        request = await scribe.read_infer(make_json(10), headers, take_none)
        assert request.inputs[0].shape == (10,)
    assert bench.ran == []


async def test_big_json_is_read_elsewhere(scribe: Scribe, bench: Bench) -> None:
    request = await scribe.read_infer(make_json(100_000), [], take_none)
    assert (request.inputs[0].shape, bench.ran) == ((100_000,), ["read_infer"])


async def test_what_inflates_is_counted(scribe: Scribe, bench: Bench) -> None:
    body = gzip.compress(make_json(100_000) + b" " * 2**20, compresslevel=0)
    taken: list[int] = []
    packed = gzip.compress(make_json(500_000))
    assert len(packed) < bounds.INLINE_PACKED_BYTES < len(body)
    await scribe.read_infer(body, [(b"content-encoding", b"gzip")], taken.append)
    assert (bench.ran, taken) == (["read_infer"], [0])


async def test_raw_numbers_go_nowhere(scribe: Scribe, bench: Bench) -> None:
    message = wire.encode_request(InferRequest((Tensor.of("x", np.zeros(2**18, "f4")),)))
    request = await scribe.read_infer(message.body, length_of(message), take_none)
    assert (request.inputs[0].shape, bench.ran) == ((2**18,), [])


async def test_many_texts_are_the_same_by_way_of_a_thread(scribe: Scribe, bench: Bench) -> None:
    texts = Tensor.of("t", [b"text"] * 2**16)
    message = await write_request(InferRequest((texts,)))
    request = await scribe.read_infer(message.body, length_of(message), take_none)
    assert (request.inputs, bench.ran) == ((texts,), [])


@pytest.mark.parametrize("body", [b"[" * 2**22 + b" ", make_json(2**20)])
async def test_json_has_a_limit_of_its_own(scribe: Scribe, body: bytes) -> None:
    with pytest.raises(PayloadTooLarge, match=str(2**22)):
        await scribe.read_infer(body, [], take_none)


async def test_packed_json_has_the_same_limit(scribe: Scribe, bench: Bench) -> None:
    del bench
    packed = gzip.compress(make_json(2**20))
    with pytest.raises(PayloadTooLarge, match=str(2**22)):
        await scribe.read_infer(packed, [(b"content-encoding", b"gzip")], take_none)


async def test_big_answers_in_json_are_written_elsewhere(scribe: Scribe, bench: Bench) -> None:
    request = InferRequest((Tensor.of("x", [1.0]),))
    response = InferResponse("m", "1", (Tensor.of("y", np.ones(10**5)),))
    reply = await scribe.write_infer(request, response, [])
    assert (orjson.loads(reply.body)["outputs"][0]["shape"], bench.ran) == (
        [10**5],
        ["write_infer"],
    )


async def test_big_packed_and_texts_are_written_in_a_thread(scribe: Scribe, bench: Bench) -> None:
    request = InferRequest((Tensor.of("x", [1.0]),), binary_output=True)
    for output in (Tensor.of("y", np.ones(10**5)), TEXTS):
        response = InferResponse("m", "1", (output,))
        reply = await scribe.write_infer(request, response, [(b"accept-encoding", b"gzip")])
        assert (b"content-encoding", b"gzip") in reply.headers
    assert bench.ran == []


async def test_a_replicas_texts_are_read(scribe: Scribe) -> None:
    del scribe
    many = Tensor.of("t", [b"text"] * 2**16)
    for output in (many, TEXTS, Tensor.of("y", [1.0])):
        message = wire.encode_response(InferResponse("m", "1", (output,)), lambda _name: True)
        assert (await read_response(message)).outputs == (output,)
    with pytest.raises(ModelError):
        await read_response(wire.Message(b"{", None))


async def test_those_that_wait_are_bounded(scribe: Scribe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_PENDING", 0)
    with pytest.raises(QueueFull):
        await scribe.run(len, b"")


async def test_a_killed_process_costs_its_body_alone(
    scribe: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dead(Bench):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
            raise BrokenProcessPool

    pools: list[Executor] = [Dead(), Bench()]
    monkeypatch.setattr(bounds, "start_pool", lambda _processes: pools.pop(0))
    with pytest.raises(Unavailable):
        await scribe.run(len, b"abc")
    assert await scribe.run(len, b"abc") == 3


async def test_a_real_process_reads_and_raises_our_errors(scribe: Scribe) -> None:
    read = await scribe.read_infer(make_json(100_000), [], take_none)
    assert read.inputs[0].array.sum() == 50_000
    with pytest.raises(MalformedRequest):
        await scribe.read_infer(b"{" * 2**20, [], take_none)
    process = await scribe.run(os.getpid)
    assert await scribe.run(signal.getsignal, signal.SIGTERM) is signal.SIG_IGN
    assert process != os.getpid()


def take_none(_count: int) -> None:
    return


def length_of(message: wire.Message) -> list[tuple[bytes, bytes]]:
    return [(b"inference-header-content-length", b"%d" % (message.header_length or 0))]
