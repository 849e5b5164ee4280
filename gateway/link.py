"""A link: one HTTP/1.1 connection to a replica, with one request at a time on it."""

import asyncio
import socket
from collections.abc import Callable
from typing import cast

import httptools

from core.http import Headers
from gateway.flow import Flow
from gateway.upstream import MAX_REPLY_BYTES, Broken, UpstreamReply


class Link(asyncio.Protocol):
    """Answers come whole (`ask`) or as they arrive (`stream`)."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._is_busy = False
        self._whole: asyncio.Future[UpstreamReply] | None = None
        self._head: asyncio.Future[Flow] | None = None
        self._flow: Flow | None = None
        self._make_flow: Callable[[int, Headers], Flow] | None = None
        self._headers: Headers = []
        self._chunks: list[bytes] = []
        self._held = 0
        self.has_answered = False

    @property
    def is_open(self) -> bool:
        """Whether another request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, message: bytes) -> "asyncio.Future[UpstreamReply]":
        """Send a request; the future raises Broken or TimeoutError."""
        self._whole, self._head = self._loop.create_future(), None
        self._begin(message)
        return self._whole

    def stream(
        self, message: bytes, timeout_s: float, release: Callable[[bool], None]
    ) -> "asyncio.Future[Flow]":
        """Send a request; the future is done when the answer's head is there. Raises as `ask` does."""

        def make_flow(status: int, headers: Headers) -> Flow:
            return Flow(status, headers, timeout_s, self._pause, self._resume, release)

        self._whole, self._head = None, self._loop.create_future()
        self._make_flow = make_flow
        self._begin(message)
        return self._head

    def time_out(self) -> None:
        """Give the request up."""
        self._fail(TimeoutError())
        self.abort()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send small messages at once."""
        self._transport = cast("asyncio.Transport", transport)
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; bytes that nobody asked for end the connection."""
        if not self._is_busy:
            self.abort()
            return
        self.has_answered = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._break(f"not HTTP: {error}")
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whatever was asked will not be answered."""
        self._transport = None
        self._break(type(exc).__name__ if exc else "closed")

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser found a header."""
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The parser found the head's end."""
        if self._head is None or self._make_flow is None or self._head.done():
            return
        status = self._parser.get_status_code()
        if status >= 200:
            self._flow = self._make_flow(status, self._headers)
            self._head.set_result(self._flow)

    def on_body(self, body: bytes) -> None:
        """The parser found a piece of the body."""
        if self._flow is not None:
            self._flow.push(body)
            return
        self._held += len(body)
        if self._held > MAX_REPLY_BYTES:
            self._break("its answer is too large")
            self.abort()
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        """The parser found the answer's end."""
        status = self._parser.get_status_code()
        if status < 200:
            self._headers, self._chunks = [], []
            return
        self._is_busy = False
        # Before the reader learns of the end: it may ask for another at once.
        if not self._parser.should_keep_alive():
            self.abort()
        if self._flow is not None:
            self._flow.end()
            self._flow = None
        elif self._whole is not None and not self._whole.done():
            chunks = self._chunks
            body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
            self._whole.set_result(UpstreamReply(status, self._headers, body))

    def _begin(self, message: bytes) -> None:
        self._headers, self._chunks, self._held = [], [], 0
        self.has_answered = False
        self._flow = None
        self._is_busy = True
        if self._transport is None or self._transport.is_closing():
            broken = Broken("closed before the request was sent", is_refused=False)
            self._fail(broken)
        else:
            self._transport.write(message)

    def _pause(self) -> None:
        if self._transport is not None and self.is_open:
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._transport is not None and self.is_open:
            self._transport.resume_reading()

    def _break(self, detail: str) -> None:
        if self._is_busy:
            self._fail(Broken(detail, is_refused=False, was_sent=True))

    def _fail(self, failure: Exception) -> None:
        self._is_busy = False
        waiting = self._whole if self._head is None else self._head
        if self._flow is not None:
            self._flow.fail(failure)
            self._flow = None
        elif waiting is not None and not waiting.done():
            waiting.set_exception(failure)
