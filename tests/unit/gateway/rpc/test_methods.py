import grpc
import pytest
from tritonclient.grpc import service_pb2 as pb

from gateway.entrance import PrivateEntrance
from tests.fakes.gateway import FakeGateway
from tests.fakes.rpc import calling, listening, make_message

pytestmark = pytest.mark.anyio
PRIVATE = PrivateEntrance("open")


@pytest.mark.parametrize("name", ["ModelInfer", "ModelMetadata", "ModelReady"])
async def test_bytes_that_are_no_message_are_the_callers_fault(name: str) -> None:
    async with calling(FakeGateway(), PRIVATE, name) as call:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"\xff\xfe nonsense")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("name", ["TraceSetting", "SystemSharedMemoryRegister", "Nonsense"])
async def test_what_is_not_built_says_so(name: str) -> None:
    async with calling(FakeGateway(), PRIVATE, name) as call:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert caught.value.details() == f"{name} is not supported here"


async def test_a_message_goes_in_and_one_comes_out() -> None:
    async with calling(FakeGateway(), PRIVATE, "ServerLive") as call:
        assert pb.ServerLiveResponse.FromString(await call(b"")).live


async def test_what_perf_analyzer_sends_beside_is_taken() -> None:
    message = make_message(
        triton_enable_empty_final_response=pb.InferParameter(bool_param=True),
        priority=pb.InferParameter(uint64_param=1),
    )
    async with calling(FakeGateway(), PRIVATE, "ModelInfer") as call:
        answer = pb.ModelInferResponse.FromString(await call(message.SerializeToString()))
    assert [tensor.name for tensor in answer.outputs] == ["label", "scores"]


@pytest.mark.parametrize(("is_ready", "status"), [(True, b"\x08\x01"), (False, b"\x08\x02")])
async def test_the_standard_health_check_is_answered(*, is_ready: bool, status: bytes) -> None:
    gateway = FakeGateway()
    if not is_ready:
        gateway.follower.adopt(type(gateway.follower.directory)())
    async with (
        listening(gateway, PRIVATE) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        assert await channel.unary_unary("/grpc.health.v1.Health/Check")(b"") == status
