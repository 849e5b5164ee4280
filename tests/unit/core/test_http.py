import asyncio
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import MalformedRequest, PayloadTooLarge, UnsupportedEncoding
from core.http import (
    ClientGone,
    Event,
    Reply,
    choose_encoding,
    compress,
    inflate,
    read_body,
    send_reply,
)


def body_of(*events: Event, announced: bytes | None = None, limit: int = 10) -> bytes:
    waiting = list(events)

    async def receive() -> Event:
        return waiting.pop(0)

    headers = [] if announced is None else [(b"content-length", announced)]
    return asyncio.run(read_body(receive, headers, limit))


def chunk(body: bytes, *, more: bool = False) -> Event:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_in_pieces_is_joined() -> None:
    assert body_of(chunk(b"ab", more=True), chunk(b"", more=True), chunk(b"c")) == b"abc"


@pytest.mark.parametrize(
    "events", [(chunk(b"x" * 11),), (chunk(b"x" * 6, more=True), chunk(b"x" * 5))]
)
def test_a_body_past_the_limit_is_refused(events: tuple[Event, ...]) -> None:
    with pytest.raises(PayloadTooLarge):
        body_of(*events)


def test_an_announced_size_past_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(PayloadTooLarge):
        body_of(announced=b"11")


def test_a_client_that_leaves_is_no_error_of_ours() -> None:
    with pytest.raises(ClientGone):
        body_of(chunk(b"a", more=True), {"type": "http.disconnect"})


def test_a_reply_is_sent_with_its_length() -> None:
    sent: list[Event] = []

    async def send(event: Event) -> None:
        sent.append(event)

    asyncio.run(send_reply(send, Reply(200, [(b"a", b"b")], b"xyz")))
    assert sent[0]["headers"] == [(b"a", b"b"), (b"content-length", b"3")]
    assert sent[1]["body"] == b"xyz"
    asyncio.run(send_reply(send, Reply(304, [(b"a", b"b")])))
    assert sent[2]["headers"] == [(b"a", b"b")]


@given(st.binary(max_size=200), st.sampled_from([b"gzip", b"deflate", b"br", None]))
def test_compress_then_inflate_is_identity(body: bytes, accepted: bytes | None) -> None:
    packed, encoding = compress(body, accepted)
    assert inflate(packed, encoding, 200) == body


@pytest.mark.parametrize(
    ("body", "encoding", "error"),
    [
        (gzip.compress(b"x" * 1000), b"gzip", PayloadTooLarge),
        (zlib.compress(b"x" * 1000), b"deflate", PayloadTooLarge),
        (b"not gzip", b"gzip", MalformedRequest),
        (gzip.compress(b"abc")[:-4], b"gzip", MalformedRequest),
        (b"", b"br", UnsupportedEncoding),
    ],
)
def test_bombs_and_broken_streams_are_refused(
    body: bytes, encoding: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        inflate(body, encoding, 100)


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        (b"gzip, deflate", b"gzip"),
        (b"gzip;q=0.1, deflate;q=0.9", b"deflate"),
        (b"gzip;q=0", None),
        (b"identity", None),
        (b"identity, gzip", None),
        (b"identity;q=0.5, gzip", b"gzip"),
        (b"GZIP; q=1.0", b"gzip"),
        (b"gzip;q=7", None),
        (b"br, *", None),
        (b"gzip;q=x", None),
        (None, None),
    ],
)
def test_the_highest_weight_wins(accepted: bytes | None, chosen: bytes | None) -> None:
    assert choose_encoding(accepted) == chosen
