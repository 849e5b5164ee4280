"""HTTP/1.1 over kept connections: one write, one parser, one future a request, and nothing else."""

import asyncio
import socket
from typing import cast

import httptools

from core.http import Headers
from gateway.upstream import Broken, UpstreamReply

MAX_IDLE = 256
MAX_REPLY_BYTES = 2**30


class Http1Upstream:
    """Connections by address; the one used last is used next, so that spare ones go idle and end."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle: dict[str, list[Connection]] = {}

    async def ask(self, address: str, message: bytes, timeout_s: float) -> UpstreamReply:
        """Send on a kept connection or a new one.

        A kept one may have been closed while the request was on its way; that costs a new one.
        """
        ends_at = self._loop.time() + timeout_s
        kept = self._take(address)
        if kept is not None:
            try:
                return await self._exchange(address, kept, message, ends_at)
            except Broken:
                if kept.has_answered:
                    raise
        fresh = await self._open(address, ends_at)
        return await self._exchange(address, fresh, message, ends_at)

    async def _exchange(
        self, address: str, connection: "Connection", message: bytes, ends_at: float
    ) -> UpstreamReply:
        answer = connection.ask(message)
        timer = self._loop.call_at(ends_at, connection.time_out)
        try:
            reply = await answer
        except asyncio.CancelledError:
            connection.abort()
            raise
        finally:
            timer.cancel()
        self._keep(address, connection)
        return reply

    def close(self) -> None:
        """Close all kept connections."""
        for kept in self._idle.values():
            for connection in kept:
                connection.abort()
        self._idle.clear()

    def _take(self, address: str) -> "Connection | None":
        kept = self._idle.get(address)
        while kept:
            connection = kept.pop()
            if connection.is_open:
                return connection
        return None

    async def _open(self, address: str, ends_at: float) -> "Connection":
        host, _, port = address.rpartition(":")
        try:
            async with asyncio.timeout_at(ends_at):
                _, connection = await self._loop.create_connection(Connection, host, int(port))
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            raise Broken(f"cannot connect: {error.strerror or error}", is_refused=True) from error
        return connection

    def _keep(self, address: str, connection: "Connection") -> None:
        kept = self._idle.setdefault(address, [])
        if connection.is_open and len(kept) < MAX_IDLE:
            kept.append(connection)
        else:
            connection.abort()


class Connection(asyncio.Protocol):
    """One connection: a request at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[UpstreamReply] | None = None
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
        self._answer = self._loop.create_future()
        self._headers, self._chunks, self._held = [], [], 0
        self.has_answered = False
        if self._transport is None or self._transport.is_closing():
            self._fail("closed before the request was sent")
        else:
            self._transport.write(message)
        return self._answer

    def time_out(self) -> None:
        """Give the request up."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(TimeoutError())
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
        if self._answer is None or self._answer.done():
            self.abort()
            return
        self.has_answered = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"not HTTP: {error}")
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whatever was asked will not be answered."""
        self._transport = None
        self._fail(type(exc).__name__ if exc else "closed")

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser found a header."""
        self._headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        """The parser found a piece of the body."""
        self._held += len(body)
        if self._held > MAX_REPLY_BYTES:
            self._fail("its answer is too large")
            self.abort()
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        """The parser found the answer's end."""
        status = self._parser.get_status_code()
        if status < 200:
            self._headers, self._chunks = [], []
            return
        keep = self._parser.should_keep_alive()
        chunks = self._chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(UpstreamReply(status, self._headers, body))
        if not keep:
            self.abort()

    def _fail(self, detail: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Broken(detail, is_refused=False))
