"""The same inference by REST and by gRPC comes to the same."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import numpy as np
import orjson
import pytest
from tritonclient.grpc import service_pb2 as pb

from core.dtypes import DataType
from core.errors import TidegateError
from core.statuses import status_of
from gateway.authenticator import Trust
from gateway.entrance import PublicEntrance
from gateway.rpc.messages import write_parameters
from gateway.rpc.status import STATUSES
from tests.contracts.inference import Ask, InferenceContract, Told
from tests.fakes.asgi import ask as ask_asgi
from tests.fakes.gateway import FakeGateway
from tests.fakes.rpc import calling

pytestmark = pytest.mark.anyio


class TestRest(InferenceContract):
    @pytest.fixture
    def ask(self, gateway: FakeGateway) -> Ask:
        async def ask(name: str, headers: Any, rows: Any, **parameters: Any) -> Told:
            tensor = {
                "name": "x",
                "datatype": DataType.of(rows.dtype).value,
                "shape": rows.shape,
                "data": rows.ravel().tolist(),
            }
            body = orjson.dumps({"inputs": [tensor], "parameters": parameters})
            sent = {"x-request-id": "r", **headers}
            path = f"/v2/models/{name}/infer"
            answer = await ask_asgi(gateway.public, "POST", path, body, sent)
            request_id = answer.header("x-request-id") or ""
            if answer.status != 200:
                return Told(answer.status, answer.json["error"], None, request_id)
            return Told(200, "", [answer.json["outputs"][1]["data"]], request_id)

        return ask


class TestGrpc(InferenceContract):
    @pytest.fixture
    async def ask(self, gateway: FakeGateway) -> AsyncIterator[Ask]:
        async with calling(gateway, PublicEntrance(Trust()), "ModelInfer") as infer:

            async def ask(name: str, headers: Any, rows: Any, **parameters: Any) -> Told:
                kind = DataType.of(rows.dtype)
                message = pb.ModelInferRequest(
                    model_name=name,
                    inputs=[{"name": "x", "datatype": kind.value, "shape": rows.shape}],
                    raw_input_contents=[rows.tobytes()],
                    parameters=write_parameters(parameters),
                )
                sent = tuple({"x-request-id": "r", **headers}.items())
                call = infer(message.SerializeToString(), metadata=sent)
                return await tell(call)

            yield ask


async def tell(call: Any) -> Told:
    """What became of a call, with the HTTP status that its gRPC one stands for."""
    request_id = dict(await call.trailing_metadata()).get("x-request-id", "")
    try:
        answer = pb.ModelInferResponse.FromString(await call)
    except grpc.aio.AioRpcError as error:
        return Told(read_status(error.code()), error.details() or "", None, request_id)
    scores = np.frombuffer(answer.raw_output_contents[1], np.float32)
    return Told(200, "", [scores.tolist()], request_id)


def read_status(code: grpc.StatusCode) -> int:
    """The HTTP status of the errors that have this code."""
    kinds: list[type[TidegateError]] = [kind for kind, one in STATUSES.items() if one is code]
    return status_of(kinds[0])
