"""Heads of HTTP requests: bounded, and refused in the form that our callers read.

Uvicorn answers bytes that are no HTTP in plain text, and collects headers of any size.
"""

import asyncio

import orjson

MAX_HEAD_BYTES = 64 * 2**10


class BoundedConnection(asyncio.Protocol):
    """Stands before an HTTP protocol class of uvicorn, whose parser calls it back."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with no head."""
        self._is_in_head = False
        self._head_bytes = 0
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Pass the bytes on; a head that goes on and on ends the connection with 431."""
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                text = f"the headers are larger than the limit of {MAX_HEAD_BYTES} bytes"
                self.refuse(b"431 Request Header Fields Too Large", text)

    def on_message_begin(self) -> None:
        """The parser found a request's first byte."""
        self._is_in_head = True
        self._head_bytes = 0
        super().on_message_begin()  # type: ignore[misc] # the parser's callback, of the class behind

    def on_headers_complete(self) -> None:
        """The parser found the head's end."""
        self._is_in_head = False
        super().on_headers_complete()  # type: ignore[misc] # as above

    def send_400_response(self, msg: str) -> None:
        """The parser found no HTTP."""
        self.refuse(b"400 Bad Request", msg)

    def refuse(self, status: bytes, text: str) -> None:
        """Answer with an error, and end the connection: what follows cannot be told apart."""
        if self.transport.is_closing():
            return
        body = orjson.dumps({"error": text})
        self.transport.write(
            b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n%s" % (status, len(body), body)
        )
        self.transport.close()
