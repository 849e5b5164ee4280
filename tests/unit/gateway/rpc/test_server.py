import grpc
import pytest

from gateway.entrance import PrivateEntrance
from gateway.rpc.server import Port, serving
from gateway.rpc.service import InferenceService
from tests.fakes.gateway import FakeGateway
from tidegate.supervisor.port import choose_port, is_free

pytestmark = pytest.mark.anyio


def make_service() -> InferenceService:
    gateway = FakeGateway()
    plane = gateway.plane(PrivateEntrance("open"))
    return InferenceService(plane, gateway.metrics, "private", gateway.clock)


async def test_a_port_of_zero_is_not_listened_on() -> None:
    async with serving([Port(make_service(), "127.0.0.1", 0)], 1000, 8):
        pass


async def test_a_port_is_free_again_afterwards() -> None:
    port = choose_port("127.0.0.1")
    async with serving([Port(make_service(), "127.0.0.1", port)], 1000, 8):
        assert not is_free("127.0.0.1", port)
    assert is_free("127.0.0.1", port)


async def test_a_port_that_is_taken_is_no_silent_failure() -> None:
    port = choose_port("127.0.0.1")
    one = Port(make_service(), "127.0.0.1", port)
    async with serving([one], 1000, 8):
        with pytest.raises((RuntimeError, grpc.RpcError)):
            async with serving([one], 1000, 8):
                pass
