import asyncio
import gzip

import grpc
import pytest

from gateway.entrance import PrivateEntrance
from gateway.rpc.server import Bounds, Port, serving
from gateway.upstream import UpstreamReply
from tests.fakes.gateway import BODY_LIMIT, FakeGateway, make_reply
from tests.fakes.rpc import calling, make_message, make_service
from tidegate.supervisor.port import choose_port, is_free

pytestmark = pytest.mark.anyio
BOUNDS = Bounds(1000, 8, 5.0)


def make_port(port: int, gateway: FakeGateway | None = None) -> Port:
    service = make_service(gateway or FakeGateway(), PrivateEntrance("open"))
    return Port(service, "127.0.0.1", port)


async def test_a_port_of_zero_is_not_listened_on() -> None:
    async with serving([make_port(0)], BOUNDS):
        pass


async def test_a_port_is_free_again_afterwards() -> None:
    port = choose_port("127.0.0.1")
    async with serving([make_port(port)], BOUNDS):
        assert not is_free("127.0.0.1", port)
    assert is_free("127.0.0.1", port)


async def test_a_port_that_is_taken_is_no_silent_failure() -> None:
    port = choose_port("127.0.0.1")
    async with serving([make_port(port)], BOUNDS):
        with pytest.raises((RuntimeError, grpc.RpcError)):
            async with serving([make_port(0), make_port(port)], BOUNDS):
                pass


async def test_what_is_in_flight_is_answered_and_no_more_is_taken() -> None:
    gateway, port = FakeGateway(), choose_port("127.0.0.1")
    came, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_message: bytes) -> UpstreamReply:
        came.set()
        await go_on.wait()
        return make_reply()

    gateway.upstream.answers["r1:80"] = wait
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        infer = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        async with serving([make_port(port, gateway)], BOUNDS) as leaving:
            asked = asyncio.ensure_future(infer(make_message().SerializeToString()))
            await came.wait()
            leaving.set()
            asyncio.get_running_loop().call_later(0.05, go_on.set)
        assert await asked


async def test_what_inflates_beyond_the_limit_is_refused() -> None:
    async with calling(FakeGateway(), PrivateEntrance("open"), "ModelInfer") as infer:
        bomb = bytes(BODY_LIMIT * 100)
        assert len(gzip.compress(bomb)) < BODY_LIMIT
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await infer(bomb, compression=grpc.Compression.Gzip)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_more_at_once_than_the_bound_are_refused() -> None:
    gateway, port = FakeGateway(), choose_port("127.0.0.1")
    came, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_message: bytes) -> UpstreamReply:
        came.set()
        await go_on.wait()
        return make_reply()

    gateway.upstream.answers["r1:80"] = wait
    body = make_message().SerializeToString()
    async with (
        serving([make_port(port, gateway)], Bounds(BODY_LIMIT, 1, 5.0)),
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        infer = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        first = asyncio.ensure_future(infer(body))
        await came.wait()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await infer(body)
        go_on.set()
        assert await first
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
