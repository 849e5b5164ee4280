from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.errors import (
    EndpointNotFound,
    Forbidden,
    MalformedRequest,
    ModelError,
    NoReplica,
    NotFound,
    RateLimited,
    SignatureMismatch,
)
from core.frames import CONTENT_TYPE, Frame, write_frame
from core.plan import PlanSpec
from core.tensor import InferRequest, Tensor
from gateway.authenticator import Principal, Trust
from gateway.call import Call
from gateway.caller import PlainCaller
from gateway.entrance import Admitted, Limit, PrivateEntrance, PublicEntrance
from gateway.plane import DataPlane, write_errand
from gateway.upstream import UpstreamReply
from tests.fakes.gateway import (
    KEY,
    FakeGateway,
    answer_well,
    make_directory,
    make_reply,
    make_resident,
)

pytestmark = pytest.mark.anyio
REQUEST = InferRequest((Tensor.of("x", np.ones((3, 2), "f4")),), id="mine")


def make_plane(gateway: FakeGateway) -> DataPlane:
    return gateway.plane(PrivateEntrance("open"))


def make_call(name: str = "iris", version: str = "") -> Call:
    return Call(name, version, PlainCaller(), "inf-1", 1_700_000_000.0)


async def test_an_answer_has_the_callers_name_and_id() -> None:
    response = await make_plane(FakeGateway()).infer(make_call(), REQUEST)
    assert (response.model_name, response.model_version, response.id) == ("iris", "1", "mine")


async def test_a_tensor_that_does_not_fit_goes_nowhere() -> None:
    gateway = FakeGateway()
    with pytest.raises(SignatureMismatch):
        await make_plane(gateway).infer(make_call(), InferRequest((Tensor.of("x", [1]),)))
    assert gateway.upstream.asked == []


async def test_an_endpoint_without_a_live_version_has_no_replica() -> None:
    gateway = FakeGateway()
    gateway.follower.adopt(make_directory(make_resident(endpoint="iris")))
    served = gateway.follower.directory.serve("iris")
    object.__setattr__(served, "residents", ())
    with pytest.raises(NoReplica):
        await make_plane(gateway).infer(make_call(), REQUEST)


async def test_variants_share_the_traffic() -> None:
    gateway = FakeGateway()
    gateway.follower.adopt(make_directory(make_resident(1, "a"), make_resident(2, "b")))
    gateway.upstream.answers["r1:80"] = answer_well
    for _ in range(100):
        await make_plane(gateway).infer(make_call(), REQUEST)
    hosts = Counter(message.split(b"\r\n")[1] for _, message in gateway.upstream.asked)
    assert set(hosts) == {b"host: iris-a-1", b"host: iris-b-2"}


async def test_a_version_can_be_asked_for() -> None:
    gateway = FakeGateway()
    gateway.follower.adopt(make_directory(make_resident(1, "a"), make_resident(2, "b")))
    for _ in range(10):
        await make_plane(gateway).infer(make_call(version="2"), REQUEST)
    assert all(b"host: iris-b-2" in message for _, message in gateway.upstream.asked)
    with pytest.raises(EndpointNotFound):
        await make_plane(gateway).infer(make_call(version="3"), REQUEST)


@pytest.mark.parametrize(
    "reply",
    [
        UpstreamReply(200, [], b"garbage"),
        UpstreamReply(200, [(b"inference-header-content-length", b"x")], b"{}"),
        UpstreamReply(200, [(b"inference-header-content-length", b"9")], b"{}"),
    ],
)
async def test_an_answer_that_cannot_be_read_is_not_the_callers_fault(reply: UpstreamReply) -> None:
    async def answer(_message: bytes) -> UpstreamReply:
        return reply

    gateway = FakeGateway()
    gateway.upstream.answers["r1:80"] = answer
    with pytest.raises(ModelError, match="cannot be read"):
        await make_plane(gateway).infer(make_call(), REQUEST)


async def test_all_of_the_traffic_is_captured_when_asked_for() -> None:
    gateway = FakeGateway(share=1.0)
    await make_plane(gateway).infer(make_call(), REQUEST)
    (record,) = gateway.tap.records
    assert (record.inference_id, record.endpoint, record.version) == ("inf-1", "iris", 1)
    assert (record.rows, record.request) == (3, REQUEST.inputs)
    assert [tensor.name for tensor in record.response] == ["label", "scores"]


async def test_a_share_of_the_traffic_is_captured() -> None:
    gateway = FakeGateway(share=0.5)
    for _ in range(200):
        await make_plane(gateway).infer(make_call(), REQUEST)
    assert 50 < len(gateway.tap.records) < 150


async def test_nothing_is_captured_unless_asked_for() -> None:
    gateway = FakeGateway()
    await make_plane(gateway).infer(make_call(), REQUEST)
    assert gateway.tap.records == []


async def test_a_full_tap_costs_no_request() -> None:
    gateway = FakeGateway(share=1.0)
    gateway.tap.close()
    response = await make_plane(gateway).infer(make_call(), REQUEST)
    assert response.model_version == "1"


async def choose_timeout(**parameters: Any) -> float:
    gateway = FakeGateway()
    served = gateway.follower.directory.serve("iris")
    admitted = Admitted("iris", served, Principal("ann"), PlainCaller())
    request = InferRequest(REQUEST.inputs, parameters=parameters)
    return (await write_errand(admitted, make_resident(), request)).timeout_s


async def test_the_shorter_timeout_counts() -> None:
    assert await choose_timeout() == 5.0
    assert await choose_timeout(timeout=250_000) == 0.25
    assert await choose_timeout(timeout=10**9) == 5.0
    assert await choose_timeout(timeout=0) == 5.0


@pytest.mark.parametrize("value", ["1", -1, 1.5, True])
async def test_an_odd_timeout_is_malformed(value: Any) -> None:
    with pytest.raises(MalformedRequest):
        await choose_timeout(timeout=value)


async def test_what_is_answered_later_is_charged_when_it_is_taken() -> None:
    plane = FakeGateway().plane(PrivateEntrance("open"))
    call = make_call()
    admitted = plane.admit(call, "async")
    plan = PlanSpec(name="two", rate=0.001, burst=2)
    limited = replace(admitted, limits=(Limit(plan, "two"),))
    for _ in range(2):
        await plane.charge(call, limited, REQUEST)
    with pytest.raises(RateLimited):
        await plane.charge(call, limited, REQUEST)
    assert call.caller.rows == REQUEST.rows


async def test_pieces_have_the_callers_name_and_id_and_the_last_is_captured() -> None:
    gateway = FakeGateway(share=1.0)
    flow = gateway.upstream.flows["r1:80"] = gateway.upstream.make_flow(
        200, [(b"content-type", CONTENT_TYPE)]
    )
    for _ in range(3):
        flow.push(write_frame(Frame(make_reply().message)))
    flow.end()
    responses = [one async for one in make_plane(gateway).stream(make_call(), REQUEST)]
    assert [(one.model_name, one.id) for one in responses] == [("iris", "mine")] * 3
    assert len(gateway.tap.records) == 1


async def test_a_stream_of_one_that_does_not_stream_is_its_answer() -> None:
    responses = [one async for one in make_plane(FakeGateway()).stream(make_call(), REQUEST)]
    assert [one.id for one in responses] == ["mine"]


async def test_a_stream_is_checked_as_an_answer_is() -> None:
    gateway = FakeGateway()
    with pytest.raises(SignatureMismatch):
        await anext(make_plane(gateway).stream(make_call(), InferRequest((Tensor.of("x", [1]),))))
    assert gateway.upstream.asked == []


def target(variant: str) -> Call:
    return replace(make_call(), caller=PlainCaller([(b"x-tidegate-variant", variant.encode())]))


async def test_a_variant_can_be_targeted_privately() -> None:
    gateway = FakeGateway()
    gateway.follower.adopt(make_directory(make_resident(1, "a"), make_resident(2, "b")))
    for _ in range(10):
        await make_plane(gateway).infer(target("b"), REQUEST)
    assert all(b"host: iris-b-2" in message for _, message in gateway.upstream.asked)
    with pytest.raises(NotFound, match="variant"):
        await make_plane(gateway).infer(target("c"), REQUEST)


async def test_publicly_a_route_must_allow_it() -> None:
    plane = FakeGateway().plane(PublicEntrance(Trust()))
    key = (b"x-api-key", KEY.encode())
    caller = PlainCaller([key, (b"x-tidegate-variant", b"main")])
    call = Call("flowers", "", caller, "i", 1_700_000_000.0)
    with pytest.raises(Forbidden, match="variant"):
        await plane.infer(call, REQUEST)


async def test_a_variant_without_weight_answers_who_names_it() -> None:
    gateway = FakeGateway()
    live, quiet = make_resident(1, "a"), make_resident(2, "b")
    directory = make_directory(live, quiet)
    served = replace(directory.serve("iris"), residents=(live,), weights=(1.0,), others=(quiet,))
    gateway.follower.adopt(replace(directory, endpoints={live.endpoint: served}))
    await make_plane(gateway).infer(make_call(version="2"), REQUEST)
    await make_plane(gateway).infer(make_call(), REQUEST)
    hosts = [message.split(b"\r\n")[1] for _, message in gateway.upstream.asked]
    assert hosts == [b"host: iris-b-2", b"host: iris-a-1"]


async def test_a_version_is_ready_by_its_own_replicas() -> None:
    gateway = FakeGateway()
    plane = make_plane(gateway)
    assert plane.is_model_ready(make_call(version="1"))
    with pytest.raises(EndpointNotFound):
        plane.is_model_ready(make_call(version="7"))
