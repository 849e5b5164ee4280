"""HTTP pieces that the gateway and the replica share: bounded bodies, compression, one-write replies.

They work on ASGI's callables and own no socket.
"""

import asyncio
import gzip
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, MutableMapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from core.errors import MalformedRequest, PayloadTooLarge, UnsupportedEncoding

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
JSON_TYPE = (b"content-type", b"application/json")
BINARY_TYPE = (b"content-type", b"application/octet-stream")


# Longest wait for the next piece of a body: one that has stopped holds memory for nothing.
PIECE_S = 30.0


class ClientGone(Exception):
    """The client closed the connection before its request was whole."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole HTTP response; `content-length` is added when it is sent."""

    status: int
    headers: Headers
    body: bytes = b""


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The first header of this lower-case name."""
    for key, value in headers:
        if key == name:
            return value
    return None


def _allow(_count: int) -> None:
    return


async def read_body(
    receive: Receive, headers: Headers, limit_bytes: int, take: Callable[[int], None] = _allow
) -> bytes:
    """The request's body. `take` is called with the size of each piece before it is held, and may raise.

    Raises PayloadTooLarge before it holds more, ClientGone when cut off, MalformedRequest when the sender
    stops for longer than PIECE_S.
    """
    announced = header(headers, b"content-length")
    if announced is not None and announced.isdigit() and int(announced) > limit_bytes:
        raise PayloadTooLarge(limit_bytes)
    event = await receive()
    if event["type"] == "http.request" and not event.get("more_body"):
        whole: bytes = event.get("body", b"")
        if len(whole) > limit_bytes:
            raise PayloadTooLarge(limit_bytes)
        take(len(whole))
        return whole
    return await _read_rest(event, receive, limit_bytes, take)


async def _read_rest(
    event: Event, receive: Receive, limit_bytes: int, take: Callable[[int], None]
) -> bytes:
    chunks: list[bytes] = []
    held = 0
    while True:
        if event["type"] == "http.disconnect":
            raise ClientGone
        chunk = event.get("body", b"")
        held += len(chunk)
        if held > limit_bytes:
            raise PayloadTooLarge(limit_bytes)
        take(len(chunk))
        chunks.append(chunk)
        if not event.get("more_body"):
            return b"".join(chunks)
        try:
            async with asyncio.timeout(PIECE_S):
                event = await receive()
        except TimeoutError as error:
            raise MalformedRequest("the rest of the body did not come") from error


@dataclass(frozen=True, slots=True)
class Streamed:
    """An HTTP response whose body is sent piece by piece; `pieces` raises nothing, and is closed."""

    status: int
    headers: Headers
    pieces: AsyncGenerator[bytes, None]


async def send_streamed(send: Send, reply: Streamed) -> None:
    """Send each piece as it comes; a slow client slows whoever makes them."""
    async with aclosing(reply.pieces) as pieces:
        await send(
            {"type": "http.response.start", "status": reply.status, "headers": reply.headers}
        )
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def send_reply(send: Send, reply: Reply) -> None:
    """Send the whole reply."""
    headers = reply.headers
    if reply.status != 304:
        # There it would be the length of what is not sent.
        headers = [*headers, (b"content-length", b"%d" % len(reply.body))]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def inflate(body: bytes, encoding: bytes | None, limit_bytes: int) -> bytes:
    """Undo a content encoding; `deflate` is zlib-wrapped, as the protocol's clients send it.

    Raises UnsupportedEncoding, MalformedRequest on broken data, PayloadTooLarge past the limit.
    """
    if encoding is None or encoding == b"identity":
        return body
    if encoding == b"gzip":
        window = 16 + zlib.MAX_WBITS
    elif encoding == b"deflate":
        window = zlib.MAX_WBITS
    else:
        raise UnsupportedEncoding(encoding.decode("latin-1"))
    inflater = zlib.decompressobj(window)
    try:
        out = inflater.decompress(body, limit_bytes)
    except zlib.error as error:
        raise MalformedRequest(f"the body is not {encoding.decode()} data") from error
    if inflater.unconsumed_tail:
        raise PayloadTooLarge(limit_bytes)
    if not inflater.eof or inflater.unused_data:
        raise MalformedRequest(f"the body is not one whole {encoding.decode()} stream")
    return out


def compress(body: bytes, accepted: bytes | None) -> tuple[bytes, bytes | None]:
    """The body in the best encoding that `Accept-Encoding` names, and that encoding's name."""
    match choose_encoding(accepted):
        case b"gzip":
            return gzip.compress(body, compresslevel=1, mtime=0), b"gzip"
        case b"deflate":
            return zlib.compress(body, level=1), b"deflate"
        case _:
            return body, None


def choose_encoding(accepted: bytes | None) -> bytes | None:
    """Gzip or deflate where it has the highest q-value above 0 (the first of equals), or None.

    A client that would rather have the body as it is says so by `identity`. Source: RFC 9110, 12.5.3.
    """
    best: tuple[float, bytes | None] = (0.0, None)
    for part in (accepted or b"").split(b","):
        name, _, weight = part.strip().lower().partition(b";")
        name = name.strip()
        if name in (b"gzip", b"deflate", b"identity"):
            quality = _quality(weight)
            if quality > best[0]:
                best = (quality, None if name == b"identity" else name)
    return best[1]


def _quality(weight: bytes) -> float:
    name, found, value = weight.strip().partition(b"=")
    if not found or name.strip() != b"q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
