"""SageMaker's runtime, for unmodified AWS SDKs. Source: AWS, "Amazon SageMaker Runtime" API reference.

POST /endpoints/{name}/invocations                    InvokeEndpoint
POST /endpoints/{name}/invocations-response-stream    InvokeEndpointWithResponseStream
POST /endpoints/{name}/async-invocations              InvokeEndpointAsync
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson

from core import errors, wire
from core.errors import MalformedRequest, TidegateError, UnsupportedOperation
from core.http import JSON_TYPE, Headers, Reply, Streamed, header, inflate
from core.oip.exchange import HEADER_LENGTH
from core.signature import Signature
from core.statuses import headers_of
from core.tensor import InferRequest, InferResponse
from gateway.entrance import Admitted
from gateway.eventstream import write_event, write_exception
from gateway.facade import Exchange
from gateway.invocation import read_body, write_body
from gateway.plane import DataPlane
from gateway.scribe import (
    INLINE_BYTES,
    INLINE_NUMBERS,
    INLINE_PACKED_BYTES,
    Scribe,
    count_numbers,
)

_AMZN = b"x-amzn-sagemaker-"
VARIANT = b"x-tidegate-variant"
MAX_ATTRIBUTES = 1024
_NOT_HERE = (
    b"target-container-hostname",
    b"inference-component",
    b"session-id",
    b"enable-explanations",
)
_EVENTS = (b"content-type", b"application/vnd.amazon.eventstream")
# The service's own exceptions by our errors; the nearest class in the tree counts.
_EXCEPTIONS: dict[type[TidegateError], tuple[int, str]] = {
    errors.TidegateError: (500, "InternalFailure"),
    errors.InvalidInput: (400, "ValidationError"),
    errors.PayloadTooLarge: (413, "ValidationError"),
    errors.Unauthenticated: (403, "AccessDeniedException"),
    errors.Forbidden: (403, "AccessDeniedException"),
    errors.NotFound: (400, "ValidationError"),
    errors.RateLimited: (429, "ThrottlingException"),
    errors.QueueFull: (503, "ServiceUnavailable"),
    errors.TooManyRequests: (429, "ThrottlingException"),
    errors.Unavailable: (503, "ServiceUnavailable"),
    errors.NoReplica: (429, "ModelNotReadyException"),
    errors.ModelError: (424, "ModelError"),
    errors.DeadlineExceeded: (424, "ModelError"),
}


class SageMakerFacade:
    """`/endpoints/`."""

    prefix = "/endpoints/"

    def __init__(self, plane: DataPlane, scribe: Scribe) -> None:
        self._plane = plane
        self._scribe = scribe

    async def answer(self, exchange: Exchange) -> Reply | Streamed:
        """Answer one invocation."""
        match exchange.path.removeprefix(self.prefix).split("/"):
            case [name, "invocations"] if name:
                answer = self._invoke
            case [name, "invocations-response-stream"] if name:
                return await self._only_post(exchange) or await self._stream(exchange, name)
            case [name, "async-invocations"] if name:
                answer = self._defer
            case _:
                return write_exception_reply(404, "UnknownOperationException", "no such path")
        return await self._only_post(exchange) or await answer(exchange, name)

    def write_error(self, error: TidegateError) -> Reply:
        """The service's exception in the body and in `x-amzn-errortype`, as its SDKs read it."""
        status, kind = find_exception(type(error))
        reply = write_exception_reply(status, kind, str(error), error)
        said = [pair for pair in headers_of(error) if pair[0] != b"www-authenticate"]
        return Reply(reply.status, [*reply.headers, *said], reply.body)

    def write_crash(self, request_id: str) -> Reply:
        """500 with the request's id."""
        return write_exception_reply(
            500, "InternalFailure", f"internal error, request {request_id}"
        )

    async def _only_post(self, exchange: Exchange) -> Reply | None:
        if exchange.method == "POST":
            return None
        return write_exception_reply(405, "UnknownOperationException", "use POST")

    async def _invoke(self, exchange: Exchange, name: str) -> Reply:
        adopt_headers(exchange)
        call = exchange.call(name)
        admitted = self._plane.admit(call, "infer")
        signature = self._plane.resolve(call, admitted).signature
        request = await self._read(exchange, admitted, signature)
        response = await self._plane.answer(call, admitted, request)
        accept = read_text(exchange, b"accept", "*/*")
        many = count_numbers(response.outputs) > INLINE_NUMBERS
        written = accept, response, signature
        kind, body = await self._scribe.run(write_body, *written) if many else write_body(*written)
        return Reply(200, [(b"content-type", kind), *tell(exchange, response)], body)

    async def _stream(self, exchange: Exchange, name: str) -> Streamed:
        adopt_headers(exchange)
        call = exchange.call(name)
        admitted = self._plane.admit(call, "infer")
        signature = self._plane.resolve(call, admitted).signature
        request = await self._read(exchange, admitted, signature)
        accept = read_text(exchange, b"x-amzn-sagemaker-accept", "*/*")
        responses = self._plane.stream_admitted(call, admitted, request)
        # The first piece is waited for, so that what is refused has its own status.
        first = await anext(responses)
        kind, body = write_body(accept, first, signature)
        headers = [
            _EVENTS,
            (b"x-amzn-sagemaker-content-type", kind),
            *tell(exchange, first),
        ]
        return Streamed(200, headers, write_events(responses, body, accept, signature))

    async def _defer(self, exchange: Exchange, name: str) -> Reply:
        """Take the request that lies at `InputLocation`; the answer will lie at `OutputLocation`."""
        inputs, desk = self._plane.inputs, self._plane.desk
        if inputs is None or desk is None:
            raise UnsupportedOperation("async-invocations (TIDEGATE_ASYNC_INPUTS names no folder)")
        adopt_headers(exchange)
        call = exchange.call(name)
        admitted = self._plane.admit(call, "async")
        await exchange.read(0, admitted)
        location = read_text(exchange, _AMZN + b"inputlocation", "")
        body = await inputs.read(location, self._scribe.limits.body_bytes)
        signature = self._plane.resolve(call, admitted).signature
        kind = read_text(exchange, _AMZN + b"content-type", "application/json")
        limit = self._scribe.limits.json_bytes
        request = await self._scribe.run(read_invocation, kind, body, None, limit, signature)
        signature.check(request)
        await self._plane.charge(call, admitted, request)
        # People read the answer from a file.
        message = wire.encode_request(request, binary_output=False)
        headers = [(HEADER_LENGTH, b"%d" % (message.header_length or 0))]
        accepted = await desk.accept(admitted, "", headers, message.body)
        told = [(_AMZN + b"outputlocation", desk.locate(accepted).encode())]
        document = {"InferenceId": accepted.id}
        return Reply(202, [JSON_TYPE, *told], orjson.dumps(document))

    async def _read(
        self, exchange: Exchange, admitted: Admitted, signature: Signature
    ) -> InferRequest:
        limits = self._scribe.limits
        body = await exchange.read(limits.body_bytes, admitted)
        encoding = header(exchange.headers, b"content-encoding")
        is_big = len(body) > (INLINE_BYTES if encoding is None else INLINE_PACKED_BYTES)
        arguments = read_text(exchange, b"content-type", "application/json"), body, encoding
        bounds = limits.json_bytes, signature
        if is_big:
            return await self._scribe.run(read_invocation, *arguments, *bounds)
        return read_invocation(*arguments, *bounds)


def tell(exchange: Exchange, response: InferResponse) -> Headers:
    """The service's headers of an answer."""
    told = [(b"x-amzn-invoked-production-variant", exchange.answered_by.encode())]
    attributes = header(exchange.headers, _AMZN + b"custom-attributes")
    if attributes is not None:
        told.append((_AMZN + b"custom-attributes", attributes))
    return [*told, (b"x-tidegate-model-version", response.model_version.encode())]


async def write_events(
    responses: AsyncGenerator[InferResponse, None], first: bytes, accept: str, signature: Signature
) -> AsyncGenerator[bytes, None]:
    """Each piece as a `PayloadPart`; what goes wrong between two as `ModelStreamError`."""
    async with aclosing(responses):
        yield write_event("PayloadPart", first)
        try:
            async for response in responses:
                yield write_event("PayloadPart", write_body(accept, response, signature)[1])
        except TidegateError as error:
            yield write_exception("ModelStreamError", str(error), find_exception(type(error))[1])


def read_invocation(
    content_type: str, body: bytes, encoding: bytes | None, limit_bytes: int, signature: Signature
) -> InferRequest:
    """The request in a body, which may be compressed; raises InvalidInput of several kinds."""
    return read_body(content_type, inflate(body, encoding, limit_bytes), signature, limit_bytes)


def adopt_headers(exchange: Exchange) -> None:
    """Let the service's headers mean what ours do; raises MalformedRequest, UnsupportedOperation."""
    headers = exchange.headers
    attributes = header(headers, _AMZN + b"custom-attributes")
    if attributes is not None and (len(attributes) > MAX_ATTRIBUTES or not attributes.isascii()):
        raise MalformedRequest(f"CustomAttributes: at most {MAX_ATTRIBUTES} visible characters")
    for name in _NOT_HERE:
        if header(headers, _AMZN + name) is not None:
            raise UnsupportedOperation(f"the header {(_AMZN + name).decode()}")
    if header(headers, _AMZN + b"target-model") is not None:
        raise UnsupportedOperation("TargetModel (each model of a pool is an endpoint of its own)")
    variant = header(headers, _AMZN + b"target-variant")
    if variant is not None:
        # The plane knows it by our name; the list is this request's own.
        headers.append((VARIANT, variant))
    given = header(headers, _AMZN + b"inference-id")
    if given is not None:
        exchange.adopt_inference_id(given)


def find_exception(kind: type[TidegateError]) -> tuple[int, str]:
    """The status and name of the service's exception for an error."""
    return next(_EXCEPTIONS[base] for base in kind.__mro__ if base in _EXCEPTIONS)


def write_exception_reply(
    status: int, kind: str, message: str, error: TidegateError | None = None
) -> Reply:
    """An exception as the service writes it; of a model's failure with what the model said."""
    document: dict[str, Any] = {"__type": kind, "message": message, "Message": message}
    if kind == "ModelError":
        document |= {"OriginalStatusCode": 500, "OriginalMessage": message, "LogStreamArn": ""}
        document["ErrorCode"] = "internal" if error is None else error.code
    return Reply(status, [JSON_TYPE, (b"x-amzn-errortype", kind.encode())], orjson.dumps(document))


def read_text(exchange: Exchange, name: bytes, default: str) -> str:
    """A header as text."""
    value = header(exchange.headers, name)
    return default if value is None else value.decode("latin-1")
