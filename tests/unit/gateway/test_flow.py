import asyncio

import pytest

from gateway import flow as bounds
from gateway.flow import Flow

pytestmark = pytest.mark.anyio


class Pipe:
    """Notes what a flow asks of its connection."""

    def __init__(self, timeout_s: float = 5.0) -> None:
        self.said: list[str] = []
        self.flow = Flow(
            200,
            [],
            timeout_s,
            lambda: self.said.append("pause"),
            lambda: self.said.append("resume"),
            lambda is_whole: self.said.append("keep" if is_whole else "end"),
        )


async def test_pieces_come_in_order_then_the_end() -> None:
    pipe = Pipe()
    for piece in (b"a", b"b"):
        pipe.flow.push(piece)
    pipe.flow.end()
    assert [piece async for piece in pipe.flow] == [b"a", b"b"]
    pipe.flow.close()
    assert pipe.said == ["keep"]


async def test_a_reader_waits_for_a_piece() -> None:
    pipe = Pipe()
    waiting = asyncio.create_task(anext(pipe.flow))
    await asyncio.sleep(0)
    pipe.flow.push(b"late")
    assert await waiting == b"late"


async def test_a_full_flow_pauses_until_it_is_nearly_read() -> None:
    pipe = Pipe()
    half = bytes(bounds.HIGH_BYTES // 2 + 1)
    pipe.flow.push(half)
    assert pipe.said == []
    pipe.flow.push(half)
    pipe.flow.push(half)
    assert pipe.said == ["pause"]
    for _ in range(3):
        await anext(pipe.flow)
    assert pipe.said == ["pause", "resume"]


async def test_closing_a_paused_flow_lets_its_connection_read_the_end() -> None:
    pipe = Pipe()
    pipe.flow.push(bytes(bounds.HIGH_BYTES + 1))
    pipe.flow.close()
    pipe.flow.close()
    assert pipe.said == ["pause", "resume", "end"]


async def test_a_failure_comes_after_the_pieces() -> None:
    pipe = Pipe()
    pipe.flow.push(b"a")
    pipe.flow.fail(ConnectionError("gone"))
    assert await anext(pipe.flow) == b"a"
    with pytest.raises(ConnectionError):
        await anext(pipe.flow)


async def test_a_wait_is_bounded() -> None:
    with pytest.raises(TimeoutError):
        await anext(Pipe(timeout_s=0.0).flow)


async def test_what_was_not_read_ends_the_connection() -> None:
    pipe = Pipe()
    pipe.flow.push(b"a")
    pipe.flow.end()
    pipe.flow.close()
    assert pipe.said == ["end"]
