import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn

from core.head import MAX_HEAD_BYTES
from core.http import Receive, Reply, Scope, Send, send_reply
from gateway.connection import ClientConnection
from gateway.doorway import build_server, listen

pytestmark = pytest.mark.anyio
ASK = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n"


async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send_reply(send, Reply(200, [(b"x-one", b"1")], b"body"))


class Client(asyncio.Protocol):
    """Keeps each packet apart."""

    def __init__(self) -> None:
        self.packets: asyncio.Queue[bytes] = asyncio.Queue()

    def data_received(self, data: bytes) -> None:
        self.packets.put_nowait(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        self.packets.put_nowait(b"")


@pytest.fixture
async def server() -> AsyncIterator[uvicorn.Server]:
    server = build_server(answer)
    opened = listen("127.0.0.1", 0, shares=False)
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup(sockets=[opened])
    yield server
    server.should_exit = True
    await server.shutdown(sockets=[opened])


async def connect(server: uvicorn.Server) -> tuple[asyncio.BaseTransport, Client]:
    port = server.servers[0].sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    return await loop.create_connection(Client, "127.0.0.1", port)


async def test_an_answer_is_one_packet_and_the_connection_is_kept(server: uvicorn.Server) -> None:
    assert server.config.http_protocol_class is ClientConnection
    transport, client = await connect(server)
    assert isinstance(transport, asyncio.Transport)
    for _ in range(3):
        transport.write(ASK)
        packet = await client.packets.get()
        assert packet.startswith(b"HTTP/1.1 200 OK\r\n")
        assert packet.endswith(b"\r\n\r\nbody")
    transport.close()


async def test_requests_sent_at_once_are_answered_in_turn(server: uvicorn.Server) -> None:
    transport, client = await connect(server)
    assert isinstance(transport, asyncio.Transport)
    transport.write(ASK * 5)
    heard = b""
    while heard.count(b"body") < 5:
        heard += await client.packets.get()
    transport.close()


async def test_the_last_answer_is_sent_before_the_end(server: uvicorn.Server) -> None:
    transport, client = await connect(server)
    assert isinstance(transport, asyncio.Transport)
    transport.write(ASK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
    heard = [await client.packets.get(), await client.packets.get()]
    assert heard[0].endswith(b"body")
    assert heard[1] == b""


async def hear(client: Client) -> bytes:
    heard = b""
    while packet := await client.packets.get():
        heard += packet
    return heard


async def test_bytes_that_are_no_http_are_told_so_in_json(server: uvicorn.Server) -> None:
    transport, client = await connect(server)
    assert isinstance(transport, asyncio.Transport)
    transport.write(b"\x16\x03\x01 hello\r\n\r\n")
    heard = await hear(client)
    assert heard.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert heard.endswith(b'{"error":"Invalid HTTP request received."}')


async def test_a_head_without_end_is_refused(server: uvicorn.Server) -> None:
    transport, client = await connect(server)
    assert isinstance(transport, asyncio.Transport)
    transport.write(b"GET / HTTP/1.1\r\nx-big: " + b"a" * (MAX_HEAD_BYTES + 1))
    assert (await hear(client)).startswith(b"HTTP/1.1 431 ")


async def test_a_big_body_is_no_big_head(server: uvicorn.Server) -> None:
    transport, client = await connect(server)
    assert isinstance(transport, asyncio.Transport)
    size = 3 * MAX_HEAD_BYTES
    transport.write(b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % size + bytes(size) + ASK)
    heard = b""
    while heard.count(b"body") < 2:
        heard += await client.packets.get()
    transport.close()


async def test_who_leaves_is_not_worked_for() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def stall(_scope: Scope, _receive: Receive, _send: Send) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    server = build_server(stall)
    opened = listen("127.0.0.1", 0, shares=False)
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup(sockets=[opened])
    transport, _ = await connect(server)
    assert isinstance(transport, asyncio.Transport)
    transport.write(ASK)
    async with asyncio.timeout(5):
        await begun.wait()
        transport.abort()
        await ended.wait()
    server.should_exit = True
    await server.shutdown(sockets=[opened])
