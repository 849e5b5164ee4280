import asyncio
from typing import Any

import pytest

from gateway.link import Link
from gateway.upstream import Broken

pytestmark = pytest.mark.anyio
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Wire(asyncio.Transport):
    """A transport that keeps what is written; reading is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.is_aborted = False

    def write(self, data: Any) -> None:
        self.sent.append(bytes(data))

    def abort(self) -> None:
        self.is_aborted = True

    def is_closing(self) -> bool:
        return self.is_aborted


def make_link() -> tuple[Link, Wire]:
    link, wire = Link(), Wire()
    link.connection_made(wire)
    return link, wire


async def test_an_answer_in_any_pieces_is_one() -> None:
    link, wire = make_link()
    answer = link.ask(b"hello")
    for byte in OK:
        link.data_received(bytes([byte]))
    assert (wire.sent, (await answer).body) == ([b"hello"], b"ok")


async def test_the_next_request_has_its_own_answer() -> None:
    link, wire = make_link()
    for body in (b"ok", b"no"):
        answer = link.ask(b"hello")
        link.data_received(OK.replace(b"ok", body))
        assert (await answer).body == body
    assert not wire.is_aborted


async def test_bytes_that_nobody_asked_for_end_the_connection() -> None:
    link, wire = make_link()
    link.data_received(OK)
    assert wire.is_aborted


async def test_a_request_on_an_ended_connection_was_not_sent() -> None:
    link, wire = make_link()
    wire.abort()
    with pytest.raises(Broken) as caught:
        await link.ask(b"hello")
    assert (caught.value.was_sent, wire.sent) == (False, [])


async def test_a_connection_that_ends_meanwhile_had_the_request() -> None:
    link, _ = make_link()
    answer = link.ask(b"hello")
    link.connection_lost(ConnectionResetError())
    with pytest.raises(Broken, match="ConnectionResetError") as caught:
        await answer
    assert caught.value.was_sent


async def test_the_head_of_a_stream_comes_before_its_body() -> None:
    link, _ = make_link()
    head = link.stream(b"hello", 5.0, lambda _is_whole: None)
    link.data_received(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert not head.done()
    link.data_received(OK[:-2])
    flow = await head
    link.data_received(OK[-2:])
    assert (flow.status, [piece async for piece in flow]) == (200, [b"ok"])
