import asyncio

import pytest
import uvicorn
from uvicorn.server import ServerState

from core.http import Receive, Reply, Scope, Send, send_reply
from serving.connection import GatewayConnection


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
