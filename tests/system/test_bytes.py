"""Bytes that no client should send, over raw sockets: a typed answer at once, and nobody else harmed."""

import socket
from collections.abc import Callable

import httpx
import orjson
import pytest

from tests.fakes.gateway_process import Running, keyed

Ask = Callable[[bytes], bytes]
KEY_LINE = b"x-api-key: %s\r\n" % keyed()["x-api-key"].encode()
PATH = b"POST /v2/models/flowers/infer HTTP/1.1\r\nhost: h\r\n" + KEY_LINE
TENSOR = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}
BODY = orjson.dumps({"inputs": [TENSOR]})


@pytest.fixture
def ask(gateway: Running) -> Ask:
    def ask(request: bytes) -> bytes:
        host, _, port = gateway.public.partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(request)
            heard = b""
            while b"\r\n\r\n" not in heard or not heard.endswith(b"}"):
                piece = connection.recv(65536)
                if not piece:
                    break
                heard += piece
            return heard

    return ask


def send(body: bytes, *lines: bytes) -> bytes:
    head = b"".join(line + b"\r\n" for line in (*lines, b"content-length: %d" % len(body)))
    return PATH + head + b"\r\n" + body


def header(length: object) -> bytes:
    return f"inference-header-content-length: {length}".encode()


def describe(**changes: object) -> bytes:
    return orjson.dumps({"inputs": [{**TENSOR, **changes}]})


CASES = {
    "no http": (b"\x16\x03\x01\x02\x00" + b"\0" * 64, 400),
    "no version": (b"POST /v2 HTTQ/9\r\n\r\n", 400),
    "bad length": (PATH + b"content-length: many\r\n\r\n", 400),
    "two lengths": (PATH + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}", 400),
    "bad chunk": (PATH + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n", 400),
    "length and chunks": (
        PATH + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "huge header": (PATH + b"x-big: " + b"a" * 200_000, 431),
    "many headers": (PATH + b"x: y\r\n" * 30_000, 431),
    "announced too large": (PATH + b"content-length: 99999999999\r\n\r\n", 413),
    "empty": (send(b""), 400),
    "cut json": (send(BODY[:-3]), 400),
    "deep json": (send(b"[" * 100_000), 400),
    "not an object": (send(b"[1]"), 400),
    "header beyond the body": (send(BODY, header(len(BODY) + 1)), 400),
    "negative header": (send(BODY, header(-1)), 400),
    "odd header": (send(BODY, header("1e3")), 400),
    "bytes left over": (send(BODY + b"more", header(len(BODY))), 400),
    "negative dim": (send(describe(shape=[-1, 2])), 400),
    "overflowing shape": (send(describe(shape=[2**60, 2**60])), 400),
    "negative overflow": (send(describe(shape=[2**63, 2])), 400),
    "odd dtype": (send(describe(datatype="FP33")), 400),
    "half in json": (send(describe(datatype="FP16")), 400),
    "wrong dtype": (send(describe(datatype="INT64")), 400),
    "wrong shape": (send(describe(shape=[2, 1])), 400),
    "unknown encoding": (send(BODY, b"content-encoding: br"), 501),
    "two encodings": (send(BODY, b"content-encoding: gzip, gzip"), 501),
    "no gzip": (send(BODY, b"content-encoding: gzip"), 400),
    "unknown path": (b"GET /v2/nope HTTP/1.1\r\nhost: h\r\n\r\n", 404),
    "shared memory": (b"GET /v2/systemsharedmemory/status HTTP/1.1\r\nhost: h\r\n\r\n", 501),
    "wrong verb": (b"GET /v2/models/flowers/infer HTTP/1.1\r\nhost: h\r\n\r\n", 405),
    "no key": (PATH.replace(KEY_LINE, b"") + b"content-length: 2\r\n\r\n{}", 401),
    "unknown model": (PATH.replace(b"flowers", b"roses") + b"content-length: 2\r\n\r\n{}", 404),
}


@pytest.mark.parametrize("name", CASES)
def test_each_gets_a_typed_error(ask: Ask, name: str) -> None:
    request, status = CASES[name]
    head, _, body = ask(request).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), head[:200]
    assert isinstance(orjson.loads(body)["error"], str)


def test_a_body_that_stops_harms_nobody(gateway: Running) -> None:
    host, _, port = gateway.public.partition(":")
    held = [socket.create_connection((host, int(port))) for _ in range(20)]
    for connection in held:
        connection.sendall(PATH + b"content-length: 60000000\r\n\r\n" + b" " * 1000)
    url = f"http://{gateway.public}/v2/models/flowers/infer"
    assert httpx.post(url, content=BODY, headers=keyed(), timeout=5).status_code == 200
    for connection in held:
        connection.close()


def test_big_json_stalls_nobody(gateway: Running) -> None:
    rows = 200_000
    big = orjson.dumps({"inputs": [{**TENSOR, "shape": [rows, 2], "data": [[1, 2]] * rows}]})
    url = f"http://{gateway.public}/v2/models/flowers/infer"
    answer = httpx.post(url, content=big, headers=keyed(), timeout=60)
    assert (answer.status_code, answer.json()["outputs"][0]["shape"]) == (200, [rows])


def test_nan_and_infinity_travel_both_ways(ask: Ask) -> None:
    body = describe().replace(b'"data":[1,2]', b'"data":[NaN,-Infinity]')
    heard = ask(send(body))
    assert heard.startswith(b"HTTP/1.1 200 ")
    assert b"[NaN,NaN]" in heard
