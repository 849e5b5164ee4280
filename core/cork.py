"""A transport that sends what is written in one turn of the loop with one system call."""

import asyncio
from collections.abc import Iterable
from typing import Any, cast


class CorkedTransport(asyncio.Transport):
    """Wraps a transport: bytes wait until the loop's next turn, or until it closes.

    An HTTP server writes a response's headers and its body apart. Sent apart they are two packets, and
    two system calls at each end, which cost more than all else that a small response needs.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._held: list[bytes | bytearray | memoryview] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hold the bytes; the first of a turn asks for the sending."""
        held = self._held
        if not held:
            self._loop.call_soon(self.flush)
        held.append(data)

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Hold all of them."""
        for data in list_of_data:
            self.write(data)

    def flush(self) -> None:
        """Send what is held now."""
        held = self._held
        if not held:
            return
        self._held = []
        if not self._transport.is_closing():
            self._transport.write(held[0] if len(held) == 1 else b"".join(held))

    def close(self) -> None:
        """Send what is held, then close."""
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once; what is held is lost."""
        self._held = []
        self._transport.abort()

    def write_eof(self) -> None:
        """Send what is held, then end this side."""
        self.flush()
        self._transport.write_eof()

    def can_write_eof(self) -> bool:
        """As the wrapped transport."""
        return self._transport.can_write_eof()

    def is_closing(self) -> bool:
        """As the wrapped transport."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """As the wrapped transport."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """As the wrapped transport."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """As the wrapped transport."""
        self._transport.resume_reading()

    def is_reading(self) -> bool:
        """As the wrapped transport."""
        return self._transport.is_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """As the wrapped transport."""
        self._transport.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Bytes held here and there."""
        return self._transport.get_write_buffer_size() + sum(map(len, self._held))

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """As the wrapped transport."""
        self._transport.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """As the wrapped transport."""
        return self._transport.get_protocol()


class CorkedConnection(asyncio.Protocol):
    """Stands before an HTTP protocol class, which keeps its event loop in `loop`.

    Servers write headers and body apart; the cork puts them together. `tasks` are all requests that the
    server has and has not answered.
    """

    loop: asyncio.AbstractEventLoop
    tasks: set[asyncio.Task[None]]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put the cork between."""
        self._cork = CorkedTransport(cast("asyncio.Transport", transport), self.loop)
        super().connection_made(self._cork)

    def on_response_complete(self) -> None:
        """An answer is whole; it goes out now where the server answers no other request.

        Among many it waits: what the callers send next arrives together, and shares runs of a model.
        """
        if len(self.tasks) == 1:
            self._cork.flush()
        super().on_response_complete()  # type: ignore[misc] # the server's callback, of the class behind
