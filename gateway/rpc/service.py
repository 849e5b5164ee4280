"""The service: each RPC read, given to the plane, and written; errors in gRPC's own statuses."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any
from uuid import uuid4

import grpc
from tritonclient.grpc import service_pb2 as pb

from core.clock import Clock
from core.errors import MalformedRequest, TidegateError, UnsupportedOperation
from core.http import Headers
from core.oip import documents
from core.release import RELEASE
from core.tensor import InferRequest
from gateway.metrics import RequestMetrics
from gateway.plane import Call, DataPlane
from gateway.rpc import messages
from gateway.rpc.configuration import write_configuration
from gateway.rpc.status import code_of
from gateway.rpc.turns import in_turn

log = logging.getLogger(__name__)
_MAX_HEADER_BYTES = 8192
_EMPTY_FINAL = "triton_enable_empty_final_response"
_FINAL = "triton_final_response"
Step = Callable[[Call], Awaitable[Any]]


class InferenceService:
    """The servicer of one listener. What it lacks of Triton's service is UNIMPLEMENTED."""

    def __init__(self, plane: DataPlane, metrics: RequestMetrics, label: str, clock: Clock) -> None:
        self._plane = plane
        self._metrics = metrics
        self._label = label
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        """An RPC that is not built, looked up when the service is registered."""
        if not name[:1].isupper():
            raise AttributeError(name)

        async def refuse(_request: Any, context: Any) -> None:
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, str(UnsupportedOperation(name)))

        return refuse

    async def ServerLive(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - the RPC's name
        """Whether this process answers."""
        return pb.ServerLiveResponse(live=True)

    async def ServerReady(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - as above
        """Whether the tables were read."""
        return pb.ServerReadyResponse(ready=self._plane.is_ready)

    async def ServerMetadata(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - as above
        """Name, version, extensions."""
        document = documents.describe_server(RELEASE)
        return pb.ServerMetadataResponse(
            name=document["name"],
            version=document["version"],
            extensions=document["extensions"],
        )

    async def ModelReady(self, request: Any, context: Any) -> Any:  # noqa: N802 - as above
        """Whether a replica answers for the model."""

        async def step(call: Call) -> Any:
            return pb.ModelReadyResponse(ready=self._plane.is_model_ready(call))

        return await self._answer(request.name, request.version, context, step)

    async def ModelMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802 - as above
        """What the model takes and gives."""

        async def step(call: Call) -> Any:
            found = self._plane.describe(call)
            one = found.resident
            return messages.write_metadata(
                found.name, str(one.version), one.platform, one.signature
            )

        return await self._answer(request.name, request.version, context, step)

    async def ModelConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 - as above
        """The model's configuration in Triton's form."""

        async def step(call: Call) -> Any:
            found = self._plane.describe(call)
            one = found.resident
            rows = one.spec.batching.max_rows
            return write_configuration(found.name, one.platform, one.signature, rows)

        return await self._answer(request.name, request.version, context, step)

    async def ModelInfer(self, request: Any, context: Any) -> Any:  # noqa: N802 - as above
        """One inference."""

        async def step(call: Call) -> Any:
            wanted = limit_time(messages.read_request(request), context)
            response = messages.write_response(await self._plane.infer(call, wanted))
            if asks_for_final(request):
                response.parameters[_FINAL].bool_param = True
            return response

        return await self._answer(request.model_name, request.model_version, context, step)

    async def ModelStreamInfer(self, requests: Any, context: Any) -> Any:  # noqa: N802 - as above
        """Many inferences on one stream, answered in their order; each error ends its own only."""
        calls = (self._pieces(request, context) async for request in requests)
        async with aclosing(in_turn(calls)) as answers:
            async for answer in answers:
                yield answer

    async def _pieces(self, request: Any, context: Any) -> AsyncIterator[Any]:
        call = self._read_call(request.model_name, request.model_version, context)
        status = 200
        try:
            wanted = limit_time(messages.read_request(request), context)
            async with aclosing(self._plane.stream(call, wanted)) as responses:
                async for response in responses:
                    written = messages.write_response(response)
                    yield pb.ModelStreamInferResponse(infer_response=written)
            if asks_for_final(request):
                yield self._finish(request)
        except TidegateError as error:
            status = 500
            yield fail(request, str(error))
        except Exception:
            log.exception("request %s failed", call.inference_id)
            status = 500
            yield fail(request, f"internal error, request {call.inference_id}")
        self._record(call, status)

    def _finish(self, request: Any) -> Any:
        written = pb.ModelInferResponse(
            model_name=request.model_name,
            model_version=request.model_version,
            id=request.id,
            parameters={_FINAL: pb.InferParameter(bool_param=True)},
        )
        return pb.ModelStreamInferResponse(infer_response=written)

    async def _answer(self, name: str, version: str, context: Any, step: Step) -> Any:
        call = self._read_call(name, version, context)
        ids = (("x-request-id", call.inference_id), ("x-tidegate-inference-id", call.inference_id))
        context.set_trailing_metadata(ids)
        try:
            answer = await step(call)
        except TidegateError as error:
            known = code_of(type(error))
            hidden = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.NOT_FOUND)
            self._record(call, 500, known=known not in hidden)
            await context.abort(known, str(error))
        except Exception:
            log.exception("request %s failed", call.inference_id)
            self._record(call, 500)
            told = f"internal error, request {call.inference_id}"
            await context.abort(grpc.StatusCode.INTERNAL, told)
        else:
            self._record(call, 200)
            return answer

    def _read_call(self, name: str, version: str, context: Any) -> Call:
        headers = read_headers(context.invocation_metadata())
        given = next((value for key, value in headers if key == b"x-tidegate-inference-id"), b"")
        inference_id = given.decode("latin-1") if 0 < len(given) <= 128 else uuid4().hex
        return Call(name, version, headers, inference_id, self._clock.now())

    def _record(self, call: Call, status: int, *, known: bool = True) -> None:
        seconds = self._clock.now() - call.arrived_at
        self._metrics.record(f"{self._label}_grpc", call.name if known else "", status, seconds)


def read_headers(metadata: Any) -> Headers:
    """Metadata as headers: text only, stripped (perf_analyzer sends ` Bearer x`)."""
    return [
        (key.encode("latin-1"), value.strip().encode("latin-1", errors="replace"))
        for key, value in metadata or ()
        if isinstance(value, str) and len(value) <= _MAX_HEADER_BYTES
    ]


def limit_time(request: InferRequest, context: Any) -> InferRequest:
    """The request with the RPC's own deadline as its timeout, where that is the shorter one."""
    left_s = context.time_remaining()
    if left_s is None:
        return request
    asked = request.parameters.get("timeout", 0)
    if type(asked) is not int:
        raise MalformedRequest("parameter 'timeout' must be a whole number of microseconds")
    left = max(1, int(left_s * 1e6))
    timeout = min(asked, left) if asked else left
    return replace(request, parameters={**request.parameters, "timeout": timeout})


def asks_for_final(request: Any) -> bool:
    """Whether the client wants a last response marked as such."""
    return _EMPTY_FINAL in request.parameters and request.parameters[_EMPTY_FINAL].bool_param


def fail(request: Any, message: str) -> Any:
    """An error on a stream: the RPC goes on, and the response says whose it is."""
    return pb.ModelStreamInferResponse(
        error_message=message,
        infer_response=pb.ModelInferResponse(model_name=request.model_name, id=request.id),
    )
