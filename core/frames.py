"""Frames: many messages in one body, for answers that come in pieces between a replica and a gateway.

A frame is its kind (1 byte: 0 answer, 1 error), the lengths of its JSON header and of its whole body
(4 bytes each, little endian), then the body. A body is a wire message, or the JSON of an error. The
stream ends when the HTTP body does; an error frame is the last one.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import MalformedRequest
from core.wire import Message

CONTENT_TYPE = b"application/x-tidegate-frames"
MAX_FRAME_BYTES = 2**30
_HEAD = struct.Struct("<BII")
_ANSWER, _ERROR = 0, 1


@dataclass(frozen=True, slots=True)
class Frame:
    """One piece of a streamed answer, or the error that ended it."""

    message: Message
    is_error: bool = False


def write_frame(frame: Frame) -> bytes:
    """The frame's bytes."""
    body = frame.message.body
    length = frame.message.header_length
    kind = _ERROR if frame.is_error else _ANSWER
    return _HEAD.pack(kind, len(body) if length is None else length, len(body)) + body


class FrameReader:
    """Cuts a stream of bytes, arriving in any pieces, into frames."""

    def __init__(self, limit_bytes: int = MAX_FRAME_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._held = bytearray()

    @property
    def is_between(self) -> bool:
        """Whether no frame is begun and unfinished."""
        return not self._held

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now; raises MalformedRequest for bytes that are no frame."""
        self._held += data
        while len(self._held) >= _HEAD.size:
            kind, header_length, length = _HEAD.unpack_from(self._held)
            if (
                kind not in (_ANSWER, _ERROR)
                or header_length > length
                or length > self._limit_bytes
            ):
                raise MalformedRequest("not a frame of a streamed answer")
            if len(self._held) < _HEAD.size + length:
                return
            body = bytes(self._held[_HEAD.size : _HEAD.size + length])
            del self._held[: _HEAD.size + length]
            whole = None if header_length == length else header_length
            yield Frame(Message(body, whole), is_error=kind == _ERROR)
