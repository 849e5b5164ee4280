import asyncio
from typing import Any

import pytest

from core.cork import CorkedTransport

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Recorder(asyncio.Transport):
    """Keeps what is written and done."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[Any] = []
        self.closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.done.append(bytes(data))

    def close(self) -> None:
        self.done.append("close")

    def abort(self) -> None:
        self.done.append("abort")

    def write_eof(self) -> None:
        self.done.append("eof")

    def is_closing(self) -> bool:
        return self.closing

    def get_write_buffer_size(self) -> int:
        return 0


async def cork() -> tuple[CorkedTransport, Recorder]:
    recorder = Recorder()
    return CorkedTransport(recorder, asyncio.get_running_loop()), recorder


async def test_writes_of_one_turn_are_one() -> None:
    transport, recorder = await cork()
    transport.write(b"head")
    transport.writelines([bytearray(b"bo"), memoryview(b"dy")])
    assert (recorder.done, transport.get_write_buffer_size()) == ([], 8)
    await asyncio.sleep(0)
    assert recorder.done == [b"headbody"]


async def test_writes_of_two_turns_are_two() -> None:
    transport, recorder = await cork()
    for piece in (b"one", b"two"):
        transport.write(piece)
        await asyncio.sleep(0)
    assert recorder.done == [b"one", b"two"]


async def test_close_and_eof_send_first() -> None:
    transport, recorder = await cork()
    transport.write(b"last")
    transport.write_eof()
    transport.close()
    await asyncio.sleep(0)
    assert recorder.done == [b"last", "eof", "close"]


async def test_abort_sends_nothing() -> None:
    transport, recorder = await cork()
    transport.write(b"lost")
    transport.abort()
    await asyncio.sleep(0)
    assert recorder.done == ["abort"]


async def test_nothing_is_sent_where_nobody_is() -> None:
    transport, recorder = await cork()
    transport.write(b"late")
    recorder.closing = True
    await asyncio.sleep(0)
    assert recorder.done == []
