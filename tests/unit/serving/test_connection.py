import asyncio

import pytest
import uvicorn
from uvicorn.server import ServerState

from core.http import ASGIApp, Receive, Reply, Scope, Send, send_reply
from serving.connection import GatewayConnection, is_alone


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send_reply(send, Reply(200, [], b"body"))


class Packets(asyncio.Transport):
    """Keeps each write apart, in a queue."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: asyncio.Queue[bytes] = asyncio.Queue()
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.put_nowait(bytes(data))

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        """It reads nothing."""

    def resume_reading(self) -> None:
        """It reads nothing."""


def open_connections(
    app: ASGIApp, count: int
) -> list[tuple[GatewayConnection, asyncio.Queue[bytes]]]:
    """Connections of one server, each with what it sends."""
    config = uvicorn.Config(app, lifespan="off", access_log=False)
    config.load()
    state, opened = ServerState(), []
    for _ in range(count):
        connection, transport = GatewayConnection(config, state, {}), Packets()
        connection.connection_made(transport)
        opened.append((connection, transport.sent))
    return opened


@pytest.mark.anyio
async def test_an_answer_is_one_packet() -> None:
    config = uvicorn.Config(answer, lifespan="off", access_log=False)
    config.load()
    connection = GatewayConnection(config, ServerState(), {})
    transport = Packets()
    connection.connection_made(transport)
    for _ in range(3):
        connection.data_received(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
        packet = await transport.sent.get()
        assert packet.startswith(b"HTTP/1.1 200")
        assert packet.endswith(b"\r\n\r\nbody")
    connection.shutdown()
    assert transport.is_closed
    connection.connection_lost(None)


@pytest.mark.anyio
async def test_a_request_knows_whether_it_is_alone() -> None:
    seen: list[bool] = []

    async def look(scope: Scope, _receive: Receive, send: Send) -> None:
        seen.append(is_alone(scope))
        await send_reply(send, Reply(200, [], b""))

    request = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n"
    (first, sent), (second, also_sent) = open_connections(look, 2)
    first.data_received(request)
    await sent.get()
    first.data_received(request)
    second.data_received(request)
    await sent.get()
    await also_sent.get()
    assert seen == [True, False, False]


@pytest.mark.anyio
async def test_only_a_lone_answer_goes_out_at_once() -> None:
    sizes: list[int] = []
    queues: list[asyncio.Queue[bytes]] = []

    async def look(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send_reply(send, Reply(200, [], b"body"))
        sizes.append(sum(queue.qsize() for queue in queues))

    request = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n"
    opened = open_connections(look, 2)
    queues += [sent for _, sent in opened]
    opened[0][0].data_received(request)
    await queues[0].get()
    for connection, _ in opened:
        connection.data_received(request)
    for queue in queues:
        await queue.get()
    assert sizes == [1, 0, 0]
