"""The replica's own server: raw ASGI, the Open Inference Protocol for one endpoint."""

import logging
from contextlib import aclosing
from dataclasses import dataclass

import orjson

from core import frames, wire
from core.classification import classify_outputs
from core.errors import EndpointNotFound, MalformedRequest, TidegateError, UnsupportedOperation
from core.frames import Frame
from core.http import (
    ClientGone,
    Headers,
    Receive,
    Reply,
    Scope,
    Send,
    header,
    read_body,
    send_reply,
)
from core.oip import documents, exchange
from core.oip.paths import Call, Operation, parse_path
from core.refs import EndpointName
from core.reserved import read_reserved
from core.signature import Signature
from core.statuses import status_of
from core.tensor import InferRequest, InferResponse, Tensor
from core.wire import Message
from serving.batch import Arrays
from serving.batcher import Batcher
from serving.connection import is_alone
from serving.door import Door
from serving.sequencer import Sequencer
from serving.streamer import Streamer
from serving.waiting import Times

log = logging.getLogger(__name__)
PROOF = b"x-tidegate-proof"
TIMEOUT = b"x-tidegate-timeout"
SPENT = b"x-tidegate-spent"
FRAMES_TYPE = (b"content-type", frames.CONTENT_TYPE)
_HEALTH = (Operation.SERVER_LIVE, Operation.SERVER_READY)


@dataclass(frozen=True, slots=True)
class Served:
    """What this server answers for."""

    endpoint: EndpointName
    version: str
    platform: str
    signature: Signature
    max_rows: int
    body_limit: int
    sequences: bool = False


class ReplicaServer:
    """An ASGI app. `in_flight` counts requests that are being answered."""

    def __init__(
        self,
        served: Served,
        batcher: Batcher,
        door: Door,
        release: str,
        streamer: Streamer | None = None,
        sequencer: Sequencer | None = None,
    ) -> None:
        self._sequencer = sequencer
        self._served = served
        self._batcher = batcher
        self._door = door
        self._release = release
        self._infer_path = f"/v2/models/{served.endpoint}/infer"
        self._labels = {spec.name: spec.labels for spec in served.signature.outputs}
        self._streamer = streamer
        self.in_flight = 0
        self.is_draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever happens, an answer in the protocol's form goes out."""
        if scope["type"] != "http":
            return
        self.in_flight += 1
        try:
            if self._streamer is not None and wants_frames(scope["headers"]):
                await self._answer_in_pieces(self._streamer, scope, receive, send)
                return
            reply = await self._answer(scope, receive)
        except TidegateError as error:
            reply = exchange.write_error(error)
        except ClientGone:
            return
        except Exception:
            log.exception("request failed")
            reply = exchange.write_document({"error": "internal error; see the replica's log"}, 500)
        finally:
            self.in_flight -= 1
        await send_reply(send, reply)

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        path, headers = scope["path"], scope["headers"]
        if path == self._infer_path and scope["method"] == "POST":
            self._door.check(header(headers, PROOF))
            return await self._infer(scope, receive)
        call = parse_path(path)
        if call is None:
            return exchange.not_found()
        if call.method and call.method != scope["method"]:
            return exchange.wrong_method()
        if call.operation not in _HEALTH:
            self._door.check(header(headers, PROOF))
        if call.operation is Operation.INFER:
            self._check_model(call)
            return await self._infer(scope, receive)
        return self._describe(call)

    async def _answer_in_pieces(
        self, streamer: Streamer, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Send a frame for each piece. What goes wrong before the first one is an ordinary answer."""
        headers = scope["headers"]
        call = parse_path(scope["path"])
        if call is None or call.operation is not Operation.INFER or scope["method"] != "POST":
            raise UnsupportedOperation("streaming of this operation")
        self._door.check(header(headers, PROOF))
        self._check_model(call)
        request = await self._read(headers, receive)
        inputs = {tensor.name: tensor.array for tensor in request.inputs}
        timeout_s = _read_timeout(header(headers, TIMEOUT))
        async with aclosing(streamer.pieces(inputs, request.parameters, timeout_s)) as pieces:
            first = await anext(pieces, None)
            await send({"type": "http.response.start", "status": 200, "headers": [FRAMES_TYPE]})
            try:
                if first is not None:
                    await send_frame(send, self._frame(request, first))
                async for piece in pieces:
                    await send_frame(send, self._frame(request, piece))
            except TidegateError as error:
                await send_frame(send, frame_error(error))
        await send({"type": "http.response.body", "body": b""})

    def _frame(self, request: InferRequest, outputs: Arrays) -> Frame:
        response = classify_outputs(request, self._respond(request, outputs), self._labels)
        return Frame(wire.encode_response(response, lambda _output: True))

    async def _read(self, headers: Headers, receive: Receive) -> InferRequest:
        limit = self._served.body_limit
        body = await read_body(receive, headers, limit)
        request = exchange.read_infer(body, headers, limit)
        self._served.signature.check(request)
        return request

    async def _infer(self, scope: Scope, receive: Receive) -> Reply:
        headers: Headers = scope["headers"]
        request = await self._read(headers, receive)
        inputs = {tensor.name: tensor.array for tensor in request.inputs}
        timeout_s = _read_timeout(header(headers, TIMEOUT))
        reserved = read_reserved(request.parameters)
        times = Times()
        if self._sequencer is not None:
            outputs = await self._sequencer.step(inputs, request.rows, reserved, timeout_s, times)
        else:
            outputs = await self._batcher.submit(
                inputs, request.rows, timeout_s, reserved.priority, times, is_alone=is_alone(scope)
            )
        response = classify_outputs(request, self._respond(request, outputs), self._labels)
        reply = exchange.write_infer(request, response, headers)
        # For the gateway's metrics and traces: nobody else may ask here.
        reply.headers.append((SPENT, b"%d,%d" % (times.queued_ns, times.computed_ns)))
        return reply

    def _respond(self, request: InferRequest, outputs: Arrays) -> InferResponse:
        served = self._served
        specs = served.signature.outputs
        if request.outputs:
            wanted = {output.name for output in request.outputs}
            specs = tuple([spec for spec in specs if spec.name in wanted])
        tensors = [Tensor(spec.name, spec.datatype, outputs[spec.name]) for spec in specs]
        return InferResponse(served.endpoint, served.version, tuple(tensors), request.id)

    def _describe(self, call: Call) -> Reply:
        match call.operation:
            case Operation.SERVER_LIVE:
                return exchange.write_document({"live": True})
            case Operation.SERVER_READY:
                status = 503 if self.is_draining else 200
                return exchange.write_document({"ready": not self.is_draining}, status)
            case Operation.SERVER_METADATA:
                return exchange.write_document(documents.describe_server(self._release))
        if call.model:
            self._check_model(call)
        return exchange.write_document(self._describe_model(call.operation))

    def _describe_model(self, operation: Operation) -> object:
        served = self._served
        match operation:
            case Operation.MODEL_READY:
                return {"name": served.endpoint, "ready": True}
            case Operation.MODEL_METADATA:
                return documents.describe_model(
                    served.endpoint, (served.version,), served.platform, served.signature
                )
            case Operation.MODEL_CONFIG:
                return documents.configure_model(
                    served.endpoint,
                    served.platform,
                    served.signature,
                    served.max_rows,
                    sequences=served.sequences,
                )
            case Operation.STATISTICS:
                counts = self._batcher.tally.counts()
                return {"model_stats": [counts.to_json(served.endpoint, served.version)]}
            case _:
                raise UnsupportedOperation(operation.value)

    def _check_model(self, call: Call) -> None:
        if call.model != self._served.endpoint or call.version not in ("", self._served.version):
            raise EndpointNotFound(call.model)


def wants_frames(headers: Headers) -> bool:
    """Whether the caller takes an answer in pieces."""
    return header(headers, b"accept") == frames.CONTENT_TYPE


async def send_frame(send: Send, frame: Frame) -> None:
    """Send one frame; waits while the other side is slow to take it."""
    body = frames.write_frame(frame)
    await send({"type": "http.response.body", "body": body, "more_body": True})


def frame_error(error: TidegateError) -> Frame:
    """The last frame of an answer that went wrong."""
    document = {"error": str(error), "status": status_of(type(error))}
    return Frame(Message(orjson.dumps(document), None), is_error=True)


def _read_timeout(value: bytes | None) -> float | None:
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError as error:
        raise MalformedRequest("the timeout header must be a number of seconds") from error
    if not 0 < seconds < 86_400:
        raise MalformedRequest("the timeout header must be above 0 and below a day")
    return seconds
