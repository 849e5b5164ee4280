"""A FakeGateway's gRPC: the real service on a port of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import numpy as np
import tritonclient.grpc.aio as triton
from tritonclient.grpc import service_pb2 as pb

from gateway.entrance import Entrance
from gateway.rpc.intake import Intake
from gateway.rpc.reception import Reception
from gateway.rpc.server import Bounds, Port, serving
from gateway.rpc.service import InferenceService
from tests.fakes.gateway import BODY_LIMIT, FakeGateway
from tidegate.supervisor.port import choose_port

ROWS = np.zeros((1, 2), np.float32)


def make_service(gateway: FakeGateway, entrance: Entrance) -> InferenceService:
    """The service behind an entrance."""
    reception = Reception(entrance.label, gateway.witness, gateway.budget, gateway.clock)
    return InferenceService(gateway.plane(entrance), Intake(gateway.scribe), reception)


@asynccontextmanager
async def listening(gateway: FakeGateway, entrance: Entrance) -> AsyncIterator[str]:
    """Its address, while inside."""
    port = choose_port("127.0.0.1")
    one = Port(make_service(gateway, entrance), "127.0.0.1", port)
    async with serving([one], Bounds(BODY_LIMIT, 64, 1.0)):
        yield f"127.0.0.1:{port}"


@asynccontextmanager
async def calling(gateway: FakeGateway, entrance: Entrance, name: str) -> AsyncIterator[Any]:
    """An RPC of the service that takes and gives bytes; a stream's gives a call to write to and read."""
    async with (
        listening(gateway, entrance) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        kind = channel.stream_stream if name == "ModelStreamInfer" else channel.unary_unary
        yield kind(f"/inference.GRPCInferenceService/{name}")


def make_input(rows: Any = ROWS, datatype: str = "FP32") -> Any:
    """The client's own input `x`."""
    given = triton.InferInput("x", list(rows.shape), datatype)
    given.set_data_from_numpy(rows)
    return given


def make_message(request_id: str = "", **parameters: Any) -> Any:
    """A ModelInferRequest for the endpoint `iris`."""
    return pb.ModelInferRequest(
        model_name="iris",
        id=request_id,
        inputs=[{"name": "x", "datatype": "FP32", "shape": [1, 2]}],
        raw_input_contents=[ROWS.tobytes()],
        parameters=parameters,
    )
