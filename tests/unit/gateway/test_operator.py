import pytest

from core.errors import EndpointNotFound, Unauthenticated
from gateway.caller import PlainCaller
from gateway.operator import Operator
from tests.fakes.gateway import KEY, FakeGateway

pytestmark = pytest.mark.anyio


def find_operator(gateway: FakeGateway) -> Operator:
    operator = gateway.offers.operator
    assert operator is not None
    return operator


async def test_statistics_have_the_callers_name_and_each_version() -> None:
    gateway = FakeGateway()
    served = gateway.follower.directory.serve("iris")
    (found,) = await find_operator(gateway).count("mine", served)
    assert (found["name"], found["version"], found["inference_count"]) == ("mine", "1", 0)
    assert await find_operator(gateway).count("mine", served, "1") == [found]
    with pytest.raises(EndpointNotFound):
        await find_operator(gateway).count("mine", served, "2")


async def test_all_of_them() -> None:
    assert [one["name"] for one in await find_operator(FakeGateway()).count_all()] == ["iris"]


def test_a_key_is_asked_for_where_the_listener_asks_for_one() -> None:
    find_operator(FakeGateway()).authenticate(PlainCaller(), 0.0)
    guarded = find_operator(FakeGateway(private_auth="api_key"))
    with pytest.raises(Unauthenticated):
        guarded.authenticate(PlainCaller(), 0.0)
    guarded.authenticate(PlainCaller([(b"x-api-key", KEY.encode())]), 0.0)
