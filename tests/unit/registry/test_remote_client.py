"""The client against real servers: the project's own gateway over gRPC, and one that answers oddly."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from core.dtypes import DataType
from core.errors import (
    DeadlineExceeded,
    InvalidInput,
    PredictionFailed,
    TidegateError,
    Unavailable,
)
from core.signature import TensorSpec
from gateway.authenticator import Trust
from gateway.entrance import PublicEntrance
from registry.remote import RemoteModel
from registry.remote_client import RemoteClient
from tests.fakes.gateway import KEY, FakeGateway
from tests.fakes.rpc import ROWS, listening

pytestmark = pytest.mark.anyio
SCORES = TensorSpec("scores", DataType.FP32, (-1, 2))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with listening(FakeGateway(share=1.0), PublicEntrance(Trust())) as listened:
        yield listened


def make_client(address: str, model: str = "flowers", key: str = KEY) -> RemoteClient:
    headers = {"Authorization": f"Bearer {key}"}
    return RemoteClient(RemoteModel(url=f"grpc://{address}", model=model, headers=headers))


async def test_it_asks_by_grpc(address: str) -> None:
    client = make_client(address)
    assert await client.is_ready()
    signature = await client.describe()
    assert (signature.inputs[0].described, signature.batched) == ("FP32[-1, 2]", True)
    answer = await client.infer({"x": ROWS}, [SCORES])
    assert answer["scores"].tolist() == [[0.25, 0.75]]
    await client.close()


@pytest.mark.parametrize(
    ("model", "key", "rows", "kind", "says"),
    [
        ("flowers", KEY, np.zeros((1, 3), np.float32), InvalidInput, r"FP32\[-1, 2\]"),
        ("nobody", KEY, ROWS, Unavailable, "nobody"),
        ("flowers", "wrong", ROWS, PredictionFailed, "UNAUTHENTICATED"),
    ],
)
async def test_the_servers_own_words_come_along(
    address: str, model: str, key: str, rows: np.ndarray, kind: type[TidegateError], says: str
) -> None:
    client = make_client(address, model, key)
    with pytest.raises(kind, match=says):
        await client.infer({"x": rows}, [SCORES])
    await client.close()


async def answer_with(reply: bytes) -> asyncio.Server:
    """A server that answers every request with the same bytes; with none, it never answers."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if reply:
            writer.write(reply)
            writer.close()
        else:
            await reader.read()
            writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


def reply(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d Odd\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body)


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (reply(200, b"<html>"), PredictionFailed, "JSONDecodeError"),
        (reply(200, b'{"outputs":[]}'), PredictionFailed, "no output 'scores'"),
        (reply(200, b'{"outputs":[{"name":"scores"}]}'), PredictionFailed, "output 'scores'"),
        (reply(500, b"<html>"), PredictionFailed, "status 500"),
        (reply(503, b'{"error":"busy"}'), Unavailable, "busy"),
        (reply(400, b'{"error":"too long"}'), InvalidInput, "too long"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", Unavailable, "."),
        (b"", DeadlineExceeded, "0.2 s"),
    ],
)
async def test_an_odd_answer_is_a_typed_error(
    answer: bytes, kind: type[TidegateError], says: str
) -> None:
    async with await answer_with(answer) as server:
        host, port = server.sockets[0].getsockname()
        # Only silence waits its time out; an answer has all the time that a busy machine takes.
        patience = 10.0 if answer else 0.2
        url = f"http://{host}:{port}"
        client = RemoteClient(RemoteModel(url=url, model="m", timeout_s=patience))
        try:
            with pytest.raises(kind, match=says):
                await client.infer({"x": ROWS}, [SCORES])
        finally:
            await client.close()


@pytest.mark.parametrize("body", [b"[]", b'{"inputs":[{"name":"x"}]}', b'{"inputs":3}'])
async def test_metadata_that_cannot_be_read_is_said(body: bytes) -> None:
    async with await answer_with(reply(200, body)) as server:
        host, port = server.sockets[0].getsockname()
        client = RemoteClient(RemoteModel(url=f"http://{host}:{port}", model="m"))
        with pytest.raises(PredictionFailed, match="metadata"):
            await client.describe()
        await client.close()
