"""Plain JSON: `POST /v1/endpoints/{name}:predict` with rows of features, for people and scripts."""

import inspect
from typing import Any

import orjson

from core.errors import MalformedRequest, PayloadTooLarge, TidegateError
from core.http import JSON_TYPE, Reply, compress, header, inflate
from core.signature import Signature
from core.statuses import headers_of, status_of
from core.tensor import InferRequest, InferResponse, Tensor
from gateway.facade import Exchange
from gateway.plane import DataPlane
from gateway.rows import describe_fields, read_inputs, read_rows, write_rows
from gateway.scribe import (
    INLINE_BYTES,
    INLINE_NUMBERS,
    INLINE_PACKED_BYTES,
    Scribe,
    count_numbers,
)

_VERB = ":predict"


class PlainJsonFacade:
    """`/v1/endpoints/`."""

    prefix = "/v1/endpoints/"

    def __init__(self, plane: DataPlane, scribe: Scribe) -> None:
        self._plane = plane
        self._scribe = scribe

    async def answer(self, exchange: Exchange) -> Reply:
        """Answer `POST /v1/endpoints/{name}:predict`."""
        name, _, verb = exchange.path.removeprefix(self.prefix).partition(":")
        if f":{verb}" != _VERB or not name or "/" in name:
            return write_problem(404, "not_found", "no such path; POST /v1/endpoints/NAME:predict")
        if exchange.method != "POST":
            return write_problem(405, "wrong_method", "use POST")
        return await self._predict(exchange, name)

    def write_error(self, error: TidegateError) -> Reply:
        """`{"error": {"code", "message", ...fields}}` with the error's status."""
        status = status_of(type(error))
        reply = write_problem(status, error.code, str(error), read_fields(error))
        return Reply(reply.status, [*reply.headers, *headers_of(error)], reply.body)

    def write_crash(self, request_id: str) -> Reply:
        """500 with the request's id."""
        return write_problem(500, "internal", f"internal error, request {request_id}")

    async def _predict(self, exchange: Exchange, name: str) -> Reply:
        call = exchange.call(name)
        admitted = self._plane.admit(call, "infer")
        limits = self._scribe.limits
        body = await exchange.read(limits.body_bytes, admitted)
        encoding = header(exchange.headers, b"content-encoding")
        signature = self._plane.resolve(call, admitted).signature
        is_big = len(body) > (INLINE_BYTES if encoding is None else INLINE_PACKED_BYTES)
        arguments = body, encoding, limits.json_bytes, signature
        request = (
            await self._scribe.run(read_request, *arguments) if is_big else read_request(*arguments)
        )
        response = await self._plane.answer(call, admitted, request)
        accepted = header(exchange.headers, b"accept-encoding")
        written = response, signature, accepted
        if count_numbers(response.outputs) > INLINE_NUMBERS:
            return await self._scribe.run(write_response, *written)
        return write_response(*written)


def write_response(response: InferResponse, signature: Signature, accepted: bytes | None) -> Reply:
    """The predictions by row, and which version made them."""
    answered = {
        "predictions": write_rows(response.outputs, signature),
        "model": response.model_name,
        "version": response.model_version,
    }
    return write_json(answered, accepted)


def read_request(
    body: bytes, encoding: bytes | None, limit_bytes: int, signature: Signature
) -> InferRequest:
    """The request in a body, which may be compressed; raises InvalidInput of several kinds."""
    if len(body) > limit_bytes:
        raise PayloadTooLarge(limit_bytes)
    document = read_document(inflate(body, encoding, limit_bytes))
    return InferRequest(read_tensors(document, signature))


def read_document(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; raises MalformedRequest."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedRequest(f"failed to parse the request JSON: {error}") from error
    if not isinstance(document, dict):
        raise MalformedRequest("the request must be a JSON object")
    return document


def read_tensors(document: dict[str, Any], signature: Signature) -> tuple[Tensor, ...]:
    """The tensors of `rows` or of `inputs`: exactly one of the two is given."""
    match document:
        case {"rows": rows} if len(document) == 1:
            return read_rows(rows, signature)
        case {"inputs": inputs} if len(document) == 1:
            return read_inputs(inputs, signature)
        case _:
            given = describe_fields(document)
            raise MalformedRequest(f"send either 'rows' or 'inputs', given {given}")


def write_json(document: dict[str, Any], accepted: bytes | None) -> Reply:
    """A JSON reply, compressed when the caller allows."""
    body, encoding = compress(orjson.dumps(document), accepted)
    headers = [JSON_TYPE]
    if encoding is not None:
        headers.append((b"content-encoding", encoding))
    return Reply(200, headers, body)


def write_problem(
    status: int, code: str, message: str, fields: dict[str, Any] | None = None
) -> Reply:
    """The error form of plain JSON."""
    document = {"error": {"code": code, "message": message, **(fields or {})}}
    return Reply(status, [JSON_TYPE], orjson.dumps(document, default=str))


def read_fields(error: TidegateError) -> dict[str, Any]:
    """The error's fields by name: its constructor's arguments."""
    if type(error).__init__ is Exception.__init__:
        return {}
    return dict(zip(inspect.signature(type(error)).parameters, error.args, strict=False))
