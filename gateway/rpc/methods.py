"""Which function answers which RPC."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from tritonclient.grpc import service_pb2 as pb

from core.errors import MalformedRequest, UnsupportedOperation
from gateway.rpc.exchange import Exchange
from gateway.rpc.service import InferenceService

SERVICE = "inference.GRPCInferenceService"
_HEALTH = "/grpc.health.v1.Health/Check"
# HealthCheckResponse with status SERVING, and with NOT_SERVING.
_SERVING, _NOT_SERVING = b"\x08\x01", b"\x08\x02"
Step = Callable[[Exchange, bytes], Awaitable[bytes]]


class Methods(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc has no types
    """The inference service, and the standard health check. Whatever else is asked is UNIMPLEMENTED.

    All goes through as bytes: what cannot be read is the caller's error, and tensors are not copied.
    """

    def __init__(self, service: InferenceService) -> None:
        self._service = service
        operations = service.operations
        asked = {
            "ServerLive": read(pb.ServerLiveRequest, service.server_live),
            "ServerReady": read(pb.ServerReadyRequest, service.server_ready),
            "ServerMetadata": read(pb.ServerMetadataRequest, service.server_metadata),
            "ModelReady": read(pb.ModelReadyRequest, service.model_ready),
            "ModelMetadata": read(pb.ModelMetadataRequest, service.model_metadata),
            "ModelConfig": read(pb.ModelConfigRequest, service.model_config),
            "ModelInfer": service.model_infer,
            "ModelStatistics": read(pb.ModelStatisticsRequest, operations.model_statistics),
            "RepositoryIndex": read(pb.RepositoryIndexRequest, operations.repository_index),
            "RepositoryModelLoad": read(pb.RepositoryModelLoadRequest, operations.model_load),
            "RepositoryModelUnload": read(pb.RepositoryModelUnloadRequest, operations.model_unload),
        }
        self._handlers = {f"/{SERVICE}/{name}": self._answer(asked[name]) for name in asked}
        self._handlers[f"/{SERVICE}/ModelStreamInfer"] = grpc.stream_stream_rpc_method_handler(
            service.model_stream_infer
        )
        self._handlers[_HEALTH] = self._answer(self._check_health)

    def service(self, handler_call_details: Any) -> Any:
        """The handler of one RPC; called by grpc before it reads a message."""
        method = handler_call_details.method
        return self._handlers.get(method) or self._answer(partial(refuse, method))

    def _answer(self, step: Step) -> Any:
        reception = self._service.reception

        async def answer(body: bytes, context: Any) -> Any:
            return await reception.answer(context, lambda exchange: step(exchange, body))

        return grpc.unary_unary_rpc_method_handler(answer)

    async def _check_health(self, _exchange: Exchange, _body: bytes) -> bytes:
        return _SERVING if self._service.is_ready else _NOT_SERVING


def read(kind: Any, step: Callable[[Exchange, Any], Awaitable[Any]]) -> Step:
    """A step from message to message as one from bytes to bytes; it raises MalformedRequest too."""

    async def answer(exchange: Exchange, body: bytes) -> bytes:
        try:
            request = kind.FromString(body)
        except DecodeError as error:
            raise MalformedRequest(f"the message is not a {kind.__name__}") from error
        written: bytes = (await step(exchange, request)).SerializeToString()
        return written

    return answer


async def refuse(method: str, _exchange: Exchange, _body: bytes) -> bytes:
    """Say that an operation is not built; raises UnsupportedOperation."""
    raise UnsupportedOperation(method.rpartition("/")[2][:80])
