import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from gateway import link
from gateway.upstream import Broken, Upstream, UpstreamReply
from gateway.upstreams.http1 import Http1Upstream
from tests.contracts.upstream import MESSAGE, Serve, UpstreamContract

pytestmark = pytest.mark.anyio
Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Replicas:
    """Loopback servers that follow a script for each connection; `connections` counts them."""

    def __init__(self) -> None:
        self.connections = 0
        self._servers: list[asyncio.Server] = []
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self, handle: Handle) -> str:
        async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            self._writers.append(writer)
            try:
                await handle(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(run, "127.0.0.1", 0)
        self._servers.append(server)
        return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        for server in self._servers:
            server.close()
        for writer in self._writers:
            writer.close()
        for server in self._servers:
            await server.wait_closed()


def say(*answers: bytes) -> Handle:
    """One answer for each request, then the end."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readexactly(len(MESSAGE))
            writer.write(answer)
            await writer.drain()

    return handle


@pytest.fixture
async def replicas() -> AsyncIterator[Replicas]:
    replicas = Replicas()
    yield replicas
    await replicas.stop()


@pytest.fixture
async def upstream() -> AsyncIterator[Http1Upstream]:
    upstream = Http1Upstream()
    yield upstream
    upstream.close()


class TestHttp1Upstream(UpstreamContract):
    @pytest.fixture
    async def upstream(self) -> AsyncIterator[Upstream]:
        upstream = Http1Upstream()
        yield upstream
        upstream.close()

    @pytest.fixture
    def serve(self, replicas: Replicas) -> Serve:
        async def serve(reply: UpstreamReply) -> str:
            head = b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n" % (reply.status, len(reply.body))
            rest = b"".join(b"%s: %s\r\n" % pair for pair in reply.headers)
            return await replicas.start(say(*[head + rest + b"\r\n" + reply.body] * 100))

        return serve

    @pytest.fixture
    def deserted(self) -> str:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            return f"127.0.0.1:{held.getsockname()[1]}"


async def test_a_connection_is_kept(replicas: Replicas, upstream: Http1Upstream) -> None:
    address = await replicas.start(say(*[OK] * 9))
    for _ in range(9):
        assert (await upstream.ask(address, MESSAGE, 5)).body == b"ok"
    assert replicas.connections == 1


async def test_chunks_are_put_together(replicas: Replicas, upstream: Http1Upstream) -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    address = await replicas.start(say(head + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"))
    assert (await upstream.ask(address, MESSAGE, 5)).body == b"abc"


async def test_an_informational_answer_is_passed_over(
    replicas: Replicas, upstream: Http1Upstream
) -> None:
    address = await replicas.start(say(b"HTTP/1.1 100 Continue\r\n\r\n" + OK))
    assert (await upstream.ask(address, MESSAGE, 5)).body == b"ok"


async def test_connection_close_is_heeded(replicas: Replicas, upstream: Http1Upstream) -> None:
    closing = OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    address = await replicas.start(say(closing))
    for _ in range(2):
        assert (await upstream.ask(address, MESSAGE, 5)).body == b"ok"
    assert replicas.connections == 2


async def test_a_stale_connection_costs_a_new_one(
    replicas: Replicas, upstream: Http1Upstream
) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await say(OK)(reader, writer)
        await reader.readexactly(1)

    address = await replicas.start(handle)
    await upstream.ask(address, MESSAGE, 5)
    assert (await upstream.ask(address, MESSAGE, 5)).body == b"ok"
    assert replicas.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage that is not HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1e9\r\n\r\n",
        b"\x00" * 64,
    ],
)
async def test_a_broken_answer_is_broken(
    replicas: Replicas, upstream: Http1Upstream, answer: bytes
) -> None:
    address = await replicas.start(say(answer))
    with pytest.raises(Broken) as caught:
        await upstream.ask(address, MESSAGE, 5)
    assert not caught.value.is_refused


async def test_an_answer_beyond_the_bound_is_broken(
    replicas: Replicas, upstream: Http1Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "MAX_REPLY_BYTES", 1)
    address = await replicas.start(say(OK))
    with pytest.raises(Broken, match="too large"):
        await upstream.ask(address, MESSAGE, 5)


async def test_a_slow_answer_times_out_and_its_connection_is_not_used_again(
    replicas: Replicas, upstream: Http1Upstream
) -> None:
    closed = asyncio.Event()

    async def stall(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(MESSAGE))
        await reader.read()
        closed.set()

    address = await replicas.start(stall)
    with pytest.raises(TimeoutError):
        await upstream.ask(address, MESSAGE, 0.01)
    async with asyncio.timeout(5):
        await closed.wait()


async def test_cancelling_closes_the_connection(
    replicas: Replicas, upstream: Http1Upstream
) -> None:
    arrived, closed = asyncio.Event(), asyncio.Event()

    async def stall(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(MESSAGE))
        arrived.set()
        await reader.read()
        closed.set()

    task = asyncio.create_task(upstream.ask(await replicas.start(stall), MESSAGE, 5))
    async with asyncio.timeout(5):
        await arrived.wait()
        task.cancel()
        await closed.wait()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_stream_comes_as_it_is_made(replicas: Replicas, upstream: Http1Upstream) -> None:
    go_on = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(MESSAGE))
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n")
        await go_on.wait()
        writer.write(b"1\r\nb\r\n0\r\n\r\n")
        await say(OK)(reader, writer)

    address = await replicas.start(handle)
    flow = await upstream.stream(address, MESSAGE, 5)
    assert await anext(flow) == b"a"
    go_on.set()
    assert [piece async for piece in flow] == [b"b"]
    flow.close()
    assert (await upstream.ask(address, MESSAGE, 5)).body == b"ok"
    assert replicas.connections == 1


async def test_a_reader_that_falls_behind_slows_the_replica(
    replicas: Replicas, upstream: Http1Upstream
) -> None:
    size = 2**26
    sent = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readexactly(len(MESSAGE))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        for _ in range(size // 2**20):
            writer.write(bytes(2**20))
            sent += 2**20
            await writer.drain()

    flow = await upstream.stream(await replicas.start(handle), MESSAGE, 5)
    taken = len(await anext(flow))
    for _ in range(100):
        await asyncio.sleep(0)
    assert sent < size
    assert taken + sum([len(piece) async for piece in flow]) == size
    flow.close()


async def test_closing_a_flow_early_closes_its_connection(
    replicas: Replicas, upstream: Http1Upstream
) -> None:
    closed = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(MESSAGE))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\na")
        await reader.read()
        closed.set()

    flow = await upstream.stream(await replicas.start(handle), MESSAGE, 5)
    assert await anext(flow) == b"a"
    flow.close()
    async with asyncio.timeout(5):
        await closed.wait()


async def test_a_flow_that_is_cut_off_is_broken(
    replicas: Replicas, upstream: Http1Upstream
) -> None:
    address = await replicas.start(say(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"))
    flow = await upstream.stream(address, MESSAGE, 5)
    assert await anext(flow) == b"abc"
    with pytest.raises(Broken) as caught:
        await anext(flow)
    assert caught.value.was_sent
    flow.close()


async def test_each_piece_is_waited_for_so_long(
    replicas: Replicas, upstream: Http1Upstream
) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(MESSAGE))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")
        await reader.read()

    flow = await upstream.stream(await replicas.start(handle), MESSAGE, 0.5)
    with pytest.raises(TimeoutError):
        await anext(flow)
    flow.close()


async def test_once_takes_a_connection_of_its_own(
    replicas: Replicas, upstream: Http1Upstream
) -> None:
    address = await replicas.start(say(*[OK] * 2))
    for _ in range(2):
        await upstream.ask(address, MESSAGE, 5, once=True)
    assert replicas.connections == 2
