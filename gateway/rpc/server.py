"""gRPC servers of the gateway: one for each listener, in the same loop as HTTP."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from tritonclient.grpc import service_pb2_grpc

from gateway.rpc.service import InferenceService

# A message is the tensors and a little more around them.
_MARGIN = 64 * 1024
DRAIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Port:
    """Where one service listens."""

    service: InferenceService
    host: str
    port: int


@asynccontextmanager
async def serving(
    ports: Sequence[Port], body_limit: int, max_concurrent: int
) -> AsyncIterator[None]:
    """Serve while inside; at the end what is in flight has DRAIN_S to be answered.

    A port of 0 means that nothing listens. Raises RuntimeError when a port is taken.
    """
    servers = [await _start(one, body_limit, max_concurrent) for one in ports if one.port]
    try:
        yield
    finally:
        for server in servers:
            await server.stop(DRAIN_S)


async def _start(one: Port, body_limit: int, max_concurrent: int) -> Any:
    limit = body_limit + _MARGIN
    server = grpc.aio.server(
        maximum_concurrent_rpcs=max_concurrent,
        options=[
            ("grpc.max_receive_message_length", limit),
            ("grpc.max_send_message_length", -1),
            ("grpc.max_metadata_size", 16 * 1024),
            # Another process must not share the port unnoticed.
            ("grpc.so_reuseport", 0),
        ],
    )
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(one.service, server)
    server.add_insecure_port(f"{one.host}:{one.port}")
    await server.start()
    return server
