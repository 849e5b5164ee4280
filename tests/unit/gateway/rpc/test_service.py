"""The service on a real port, asked by the unmodified client."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import numpy as np
import pytest
import tritonclient.grpc.aio as triton
from tritonclient.utils import InferenceServerException

from gateway.authenticator import Trust
from gateway.entrance import PublicEntrance
from gateway.upstream import UpstreamReply
from tests.fakes.cached import CachedGateway
from tests.fakes.gateway import KEY, FakeGateway
from tests.fakes.rpc import calling, listening, make_input, make_message

pytestmark = pytest.mark.anyio
HEADERS = {"authorization": f" Bearer {KEY}"}


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway(share=1.0)


@pytest.fixture
async def public(gateway: FakeGateway) -> AsyncIterator[Any]:
    async with (
        listening(gateway, PublicEntrance(Trust())) as address,
        triton.InferenceServerClient(address) as client,
    ):
        yield client


async def test_it_infers(public: Any, gateway: FakeGateway) -> None:
    answer = await public.infer("flowers", [make_input()], request_id="7", headers=HEADERS)
    assert answer.as_numpy("scores").tolist() == [[0.25, 0.75]]
    assert (answer.get_response().model_name, answer.get_response().id) == ("flowers", "7")
    assert b'listener="public_grpc",name="flowers",status="200"' in gateway.metrics.write()
    assert (len(gateway.tap.records), gateway.budget.held_bytes) == (1, 0)


@pytest.mark.parametrize("key", [{"authorization": f"Bearer {KEY}"}, {"x-api-key": KEY}])
async def test_a_key_comes_as_metadata(public: Any, key: dict[str, str]) -> None:
    assert await public.infer("flowers", [make_input()], headers=key)


async def test_it_describes_server_and_model(public: Any) -> None:
    assert await public.is_server_live()
    assert await public.is_server_ready()
    assert await public.is_model_ready("flowers", headers=HEADERS)
    assert not await public.is_model_ready("nobody", headers=HEADERS)
    metadata = await public.get_model_metadata("flowers", headers=HEADERS)
    assert (metadata.inputs[0].name, list(metadata.inputs[0].shape)) == ("x", [-1, 2])
    config = await public.get_model_config("flowers", headers=HEADERS)
    assert config.config.max_batch_size > 0
    assert "binary_tensor_data" in (await public.get_server_metadata()).extensions


@pytest.mark.parametrize(
    ("name", "headers", "given", "status"),
    [
        ("flowers", {}, make_input(), "UNAUTHENTICATED"),
        ("garden", {}, make_input(np.zeros((1, 3), np.float32)), "INVALID_ARGUMENT"),
        ("nobody", HEADERS, make_input(), "NOT_FOUND"),
        ("flowers", HEADERS, make_input(np.zeros((1, 2), np.int8), "INT8"), "INVALID_ARGUMENT"),
        ("flowers", HEADERS, make_input(np.zeros((9999, 2), np.float32)), "RESOURCE_EXHAUSTED"),
    ],
)
async def test_errors_have_their_status(
    public: Any, name: str, headers: dict[str, str], given: Any, status: str
) -> None:
    with pytest.raises(InferenceServerException) as caught:
        await public.infer(name, [given], headers=headers)
    assert status in str(caught.value.status())


async def test_a_gateway_that_holds_too_much_refuses(public: Any, gateway: FakeGateway) -> None:
    gateway.budget.take(2**30)
    with pytest.raises(InferenceServerException) as caught:
        await public.infer("flowers", [make_input()], headers=HEADERS)
    assert "UNAVAILABLE" in str(caught.value.status())


async def test_the_deadline_of_the_rpc_goes_to_the_replica(
    public: Any, gateway: FakeGateway
) -> None:
    await public.infer("flowers", [make_input()], headers=HEADERS, client_timeout=2)
    (_, sent) = gateway.upstream.asked[0]
    (line,) = [one for one in sent.split(b"\r\n") if one.startswith(b"x-tidegate-timeout")]
    # gRPC's own clock rounds up by some milliseconds.
    assert 0 < float(line.split(b":")[1]) <= 2.1


async def test_a_client_that_leaves_ends_the_work(gateway: FakeGateway) -> None:
    came, left = asyncio.Event(), asyncio.Event()

    async def wait(_message: bytes) -> UpstreamReply:
        came.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()
        raise AssertionError

    gateway.upstream.answers["r1:80"] = wait
    async with (
        listening(gateway, PublicEntrance(Trust())) as address,
        triton.InferenceServerClient(address) as client,
    ):
        asked = asyncio.create_task(client.infer("garden", [make_input()]))
        await came.wait()
        asked.cancel()
        await left.wait()
    assert b'status="499"' in gateway.metrics.write()
    assert gateway.budget.held_bytes == 0


async def test_answers_are_kept_over_grpc_too() -> None:
    one = CachedGateway()
    request = make_message()
    request.model_name = "flowers"
    body, key = request.SerializeToString(), ("x-api-key", KEY)
    told = []
    async with calling(one.gateway, PublicEntrance(Trust()), "ModelInfer") as infer:
        for _ in range(2):
            answered = infer(body, metadata=(key,))
            await answered
            told.append(dict(await answered.trailing_metadata()))
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await infer(body, metadata=(key, ("cache-control", "min-fresh=61, only-if-cached")))
    first, again = told
    assert first["cache-status"] == "tidegate; fwd=miss; stored"
    assert (again["cache-status"], again["age"]) == ("tidegate; hit; ttl=60", "0")
    assert raised.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert one.computed == 1
