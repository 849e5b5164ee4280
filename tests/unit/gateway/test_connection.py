import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn

from core.http import Receive, Reply, Scope, Send, send_reply
from gateway.__main__ import build_server
from gateway.connection import ClientConnection

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
    server = build_server(answer, "127.0.0.1", 0)
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    yield server
    server.should_exit = True
    await server.shutdown()


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
