"""AWS's event stream encoding. Source: AWS, "Event stream encoding" (Amazon Transcribe developer guide)."""

import struct
from binascii import crc32

_STRING = 7


def write_event(kind: str, payload: bytes) -> bytes:
    """An event with bytes for a payload."""
    headers = {
        ":event-type": kind, ":content-type": "application/octet-stream", ":message-type": "event"
    }  # fmt: skip
    return _frame(headers, payload)


def write_exception(kind: str, message: str, code: str) -> bytes:
    """The exception that ends a stream."""
    headers = {
        ":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"
    }  # fmt: skip
    text = message.replace("\\", "\\\\").replace('"', '\\"')
    return _frame(headers, f'{{"Message":"{text}","ErrorCode":"{code}"}}'.encode())


def _frame(headers: dict[str, str], payload: bytes) -> bytes:
    written = b"".join(_write_header(name, value) for name, value in headers.items())
    # Lengths, their own checksum, headers, payload, and the checksum of all of it.
    prelude = struct.pack(">II", 16 + len(written) + len(payload), len(written))
    message = prelude + struct.pack(">I", crc32(prelude)) + written + payload
    return message + struct.pack(">I", crc32(message))


def _write_header(name: str, value: str) -> bytes:
    raw = value.encode()
    return bytes([len(name)]) + name.encode() + struct.pack(">BH", _STRING, len(raw)) + raw
