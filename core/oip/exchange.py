"""Between HTTP messages of the Open Inference Protocol and our values, errors included."""

from functools import partial

import orjson

from core import wire
from core.errors import MalformedRequest, PayloadTooLarge, TidegateError
from core.http import BINARY_TYPE, JSON_TYPE, Headers, Reply, compress, header, inflate
from core.statuses import headers_of, status_of
from core.tensor import InferRequest, InferResponse

HEADER_LENGTH = b"inference-header-content-length"


def read_infer(
    body: bytes, headers: Headers, limit_bytes: int, json_limit: int | None = None
) -> InferRequest:
    """The inference request in a body; raises MalformedRequest, PayloadTooLarge, UnsupportedEncoding.

    `limit_bytes` bounds what a compressed body may inflate to, `json_limit` the JSON in it.
    """
    body = unpack(body, headers, limit_bytes)
    length = header(headers, HEADER_LENGTH)
    header_length = None if length is None else _read_length(length)
    if json_limit is not None:
        size = len(body) if header_length is None else header_length
        if size > json_limit:
            raise PayloadTooLarge(json_limit)
    return wire.decode_request(body, header_length)


def unpack(body: bytes, headers: Headers, limit_bytes: int) -> bytes:
    """The body without its content encoding; raises as `core.http.inflate` does."""
    encoding = header(headers, b"content-encoding")
    return body if encoding is None else inflate(body, encoding.strip().lower(), limit_bytes)


def write_infer(request: InferRequest, response: InferResponse, headers: Headers) -> Reply:
    """The reply in the form that the caller asked for, compressed when its headers allow."""
    message = wire.encode_response(response, request.wants_binary)
    replied: Headers = [JSON_TYPE]
    if message.header_length is not None:
        replied = [BINARY_TYPE, (HEADER_LENGTH, b"%d" % message.header_length)]
    accepted = header(headers, b"accept-encoding")
    body, encoding = compress(message.body, accepted) if accepted else (message.body, None)
    if encoding is not None:
        replied.append((b"content-encoding", encoding))
    return Reply(200, replied, body)


def write_document(document: object, status: int = 200) -> Reply:
    """A JSON reply."""
    return Reply(status, [JSON_TYPE], orjson.dumps(document))


def write_error(error: TidegateError) -> Reply:
    """The protocol's error form: `{"error": "..."}` with the error's status."""
    reply = write_document({"error": str(error)}, status_of(type(error)))
    return Reply(reply.status, [*reply.headers, *headers_of(error)], reply.body)


not_found = partial(write_document, {"error": "Not Found"}, 404)
wrong_method = partial(write_document, {"error": "Method Not Allowed"}, 405)


def refuse_method(method: str, allowed: str) -> Reply:
    """405 with the method that the path has; what a path can do (OPTIONS) is answered."""
    allow = f"{allowed}, HEAD, OPTIONS" if allowed == "GET" else f"{allowed}, OPTIONS"
    reply = Reply(200, []) if method == "OPTIONS" else wrong_method()
    return Reply(reply.status, [*reply.headers, (b"allow", allow.encode())], reply.body)


def read_message(body: bytes, headers: Headers) -> wire.Message:
    """A body with the header length that its headers give; raises MalformedRequest for a bad one."""
    length = header(headers, HEADER_LENGTH)
    return wire.Message(body, None if length is None else _read_length(length))


def _read_length(value: bytes) -> int:
    if not value.strip().isdigit() or len(value) > 18:
        raise MalformedRequest("Inference-Header-Content-Length must be a number of bytes")
    return int(value)
