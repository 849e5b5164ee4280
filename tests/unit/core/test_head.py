import asyncio

import pytest

from core.head import MAX_HEAD_BYTES, BoundedConnection


class Parser(asyncio.Protocol):
    """The class behind: `<` begins a head, `>` ends it."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def data_received(self, data: bytes) -> None:
        for mark in data:
            if mark == ord("<"):
                self.on_message_begin()
            elif mark == ord(">"):
                self.on_headers_complete()

    def on_message_begin(self) -> None:
        self.seen.append("begin")

    def on_headers_complete(self) -> None:
        self.seen.append("complete")


class Bounded(BoundedConnection, Parser):
    """As a server has it."""


class Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += bytes(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


@pytest.fixture
def bounded() -> Bounded:
    bounded = Bounded()
    bounded.transport = Wire()
    bounded.connection_made(bounded.transport)
    return bounded


def sent(bounded: Bounded) -> bytes:
    assert isinstance(bounded.transport, Wire)
    return bounded.transport.sent


def test_a_head_may_come_in_pieces(bounded: Bounded) -> None:
    for _ in range(3):
        for piece in (b"<", b"x" * (MAX_HEAD_BYTES // 2), b">", b"y" * MAX_HEAD_BYTES):
            bounded.data_received(piece)
    assert bounded.seen == ["begin", "complete"] * 3
    assert sent(bounded) == b""


def test_one_that_goes_on_and_on_is_refused_once(bounded: Bounded) -> None:
    bounded.data_received(b"<")
    for _ in range(4):
        bounded.data_received(b"x" * (MAX_HEAD_BYTES // 2))
    assert sent(bounded).count(b"HTTP/1.1 431 Request Header Fields Too Large\r\n") == 1
    assert b'{"error":"the headers are larger than the limit' in sent(bounded)
    assert bounded.transport.is_closing()


def test_what_is_no_http_is_told_so(bounded: Bounded) -> None:
    bounded.send_400_response("no HTTP")
    assert sent(bounded).endswith(b'connection: close\r\n\r\n{"error":"no HTTP"}')
