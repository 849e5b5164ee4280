"""The service on a real port, asked by the unmodified client."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import numpy as np
import pytest
import tritonclient.grpc.aio as triton
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

from gateway.entrance import Entrance, PrivateEntrance, PublicEntrance
from gateway.rpc.server import Port, serving
from gateway.rpc.service import InferenceService
from gateway.upstream import UpstreamReply
from tests.fakes.gateway import BODY_LIMIT, KEY, FakeGateway, make_reply
from tidegate.supervisor.port import choose_port

pytestmark = pytest.mark.anyio
HEADERS = {"authorization": f" Bearer {KEY}"}
ROWS = np.zeros((1, 2), np.float32)


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


async def listen(gateway: FakeGateway, entrance: Entrance) -> AsyncIterator[str]:
    port = choose_port("127.0.0.1")
    service = InferenceService(
        gateway.plane(entrance), gateway.metrics, entrance.label, gateway.clock
    )
    async with serving([Port(service, "127.0.0.1", port)], BODY_LIMIT, 64):
        yield f"127.0.0.1:{port}"


@pytest.fixture
async def public(gateway: FakeGateway) -> AsyncIterator[Any]:
    async for address in listen(gateway, PublicEntrance()):
        async with triton.InferenceServerClient(address) as client:
            yield client


@pytest.fixture
async def private(gateway: FakeGateway) -> AsyncIterator[str]:
    async for address in listen(gateway, PrivateEntrance("open")):
        yield address


def make_input(rows: Any = ROWS, datatype: str = "FP32") -> Any:
    given = triton.InferInput("x", list(rows.shape), datatype)
    given.set_data_from_numpy(rows)
    return given


async def test_it_infers(public: Any, gateway: FakeGateway) -> None:
    answer = await public.infer("flowers", [make_input()], request_id="7", headers=HEADERS)
    assert answer.as_numpy("scores").tolist() == [[0.25, 0.75]]
    assert (answer.get_response().model_name, answer.get_response().id) == ("flowers", "7")
    assert b'listener="public_grpc",name="flowers",status="200"' in gateway.metrics.write()


async def test_it_describes_server_and_model(public: Any) -> None:
    assert await public.is_server_live()
    assert await public.is_server_ready()
    assert await public.is_model_ready("flowers", headers=HEADERS)
    metadata = await public.get_model_metadata("flowers", headers=HEADERS)
    assert (metadata.inputs[0].name, list(metadata.inputs[0].shape)) == ("x", [-1, 2])
    config = await public.get_model_config("flowers", headers=HEADERS)
    assert config.config.max_batch_size > 0
    assert "binary_tensor_data" in (await public.get_server_metadata()).extensions


@pytest.mark.parametrize(
    ("name", "headers", "given", "status"),
    [
        ("flowers", {}, make_input(), "UNAUTHENTICATED"),
        ("nobody", HEADERS, make_input(), "NOT_FOUND"),
        ("flowers", HEADERS, make_input(np.zeros((1, 3), np.float32)), "INVALID_ARGUMENT"),
        ("flowers", HEADERS, make_input(np.zeros((1, 2), np.int8), "INT8"), "INVALID_ARGUMENT"),
    ],
)
async def test_errors_have_their_status(
    public: Any, name: str, headers: dict[str, str], given: Any, status: str
) -> None:
    with pytest.raises(InferenceServerException) as caught:
        await public.infer(name, [given], headers=headers)
    assert status in str(caught.value.status())


async def test_a_body_over_the_limit_is_refused(public: Any) -> None:
    rows = np.zeros((20_000, 2), np.float32)
    with pytest.raises(InferenceServerException) as caught:
        await public.infer("flowers", [make_input(rows)], headers=HEADERS)
    assert "RESOURCE_EXHAUSTED" in str(caught.value.status())


async def test_what_is_not_built_says_so(public: Any) -> None:
    for ask in (public.get_model_repository_index, public.get_system_shared_memory_status):
        with pytest.raises(InferenceServerException) as caught:
            await ask(headers=HEADERS)
        assert "UNIMPLEMENTED" in str(caught.value.status())


def fail_at(number: int) -> Callable[[bytes], Awaitable[UpstreamReply]]:
    asked = 0

    async def answer(_message: bytes) -> UpstreamReply:
        nonlocal asked
        asked += 1
        if asked == number:
            return UpstreamReply(500, [], b'{"error": "it broke"}')
        return make_reply()

    return answer


async def test_an_error_on_a_stream_ends_its_own_request_only(
    private: str, gateway: FakeGateway
) -> None:
    gateway.upstream.answers["r1:80"] = fail_at(2)

    async def requests() -> AsyncIterator[dict[str, Any]]:
        for number in range(3):
            yield {"model_name": "iris", "inputs": [make_input()], "request_id": str(number)}

    async with triton.InferenceServerClient(private) as client:
        got = [pair async for pair in client.stream_infer(requests())]
    assert [str(error) if error else None for _, error in got] == [None, "it broke", None]
    assert [answer.get_response().id for answer, _ in got if answer] == ["0", "2"]


async def test_a_final_response_is_marked_where_it_is_asked_for(private: str) -> None:
    async with grpc.aio.insecure_channel(private) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        request = service_pb2.ModelInferRequest(
            model_name="iris",
            inputs=[{"name": "x", "datatype": "FP32", "shape": [1, 2]}],
            raw_input_contents=[ROWS.tobytes()],
        )
        request.parameters["triton_enable_empty_final_response"].bool_param = True
        answers = [one async for one in stub.ModelStreamInfer(iter([request]))]
    finals = ["triton_final_response" in one.infer_response.parameters for one in answers]
    assert finals == [False, True]
