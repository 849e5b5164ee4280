import gzip
import json

import pytest

from core import wire
from core.errors import EndpointNotFound, MalformedRequest, QueueFull
from core.oip import exchange
from core.tensor import InferRequest, InferResponse, Tensor

TENSOR = Tensor.of("x", [1.5])
REQUEST = InferRequest((TENSOR,), binary_output=True)
RESPONSE = InferResponse("m", "1", (TENSOR,))


def test_a_compressed_binary_request_is_read() -> None:
    message = wire.encode_request(REQUEST)
    headers = [
        (b"inference-header-content-length", b"%d" % (message.header_length or 0)),
        (b"content-encoding", b"GZIP"),
    ]
    read = exchange.read_infer(gzip.compress(message.body), headers, 10_000)
    assert read.inputs == REQUEST.inputs


@pytest.mark.parametrize("length", [b"-1", b"x", b"9" * 30, b"1000"])
def test_an_odd_header_length_is_malformed(length: bytes) -> None:
    with pytest.raises(MalformedRequest):
        exchange.read_infer(b"{}", [(b"inference-header-content-length", length)], 100)


def test_binary_replies_carry_their_header_length() -> None:
    reply = exchange.write_infer(REQUEST, RESPONSE, [])
    headers = dict(reply.headers)
    length = int(headers[b"inference-header-content-length"])
    assert headers[b"content-type"] == b"application/octet-stream"
    assert json.loads(reply.body[:length])["outputs"][0]["shape"] == [1]


def test_json_replies_are_compressed_when_asked() -> None:
    reply = exchange.write_infer(InferRequest((TENSOR,)), RESPONSE, [(b"accept-encoding", b"gzip")])
    assert (b"content-encoding", b"gzip") in reply.headers
    assert json.loads(gzip.decompress(reply.body))["outputs"][0]["data"] == [1.5]


def test_errors_have_the_protocols_form() -> None:
    reply = exchange.write_error(EndpointNotFound("iris"))
    assert reply.status == 404
    assert "unknown model: 'iris'" in json.loads(reply.body)["error"]
    assert (b"retry-after", b"3") in exchange.write_error(QueueFull("iris", 3)).headers
