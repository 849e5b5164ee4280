import asyncio
from dataclasses import replace

import pytest

from core.dtypes import DataType
from core.endpoint import Shadow
from core.signature import Signature, TensorSpec
from core.tensor import InferRequest, Tensor
from gateway.call import Call
from gateway.caller import PlainCaller
from gateway.directory import Directory, Served
from gateway.dispatcher import Errand
from gateway.entrance import PrivateEntrance
from gateway.scribe import write_request
from gateway.shadower import LiveAnswer, Shadower
from gateway.upstream import UpstreamReply
from registry.records import Comparison, Resident
from tests.fakes.gateway import (
    ANSWER,
    FakeGateway,
    make_directory,
    make_lease,
    make_reply,
    make_resident,
)

pytestmark = pytest.mark.anyio
LIVE = make_resident(1)
REQUEST = InferRequest((Tensor.of("x", [[1.0, 2.0]]),))
OTHER = (ANSWER[0], Tensor.of("scores", Tensor.of("s", [[0.5, 0.5]]).array.astype("f4")))


def make_shadow(**bounds: float) -> Resident:
    one = make_resident(2, "next")
    return replace(one, spec=one.spec.model_copy(update={"shadow": Shadow.read(bounds)}))


async def offer(shadower: Shadower, shadow: Resident, times: int = 1) -> Comparison:
    request = InferRequest((Tensor.of("x", REQUEST.inputs[0].array.astype("f4")),))
    errand = Errand(LIVE, await write_request(request), 5.0)
    shadower.turn("g", 100.0)
    for _ in range(times):
        shadower.offer((shadow,), LiveAnswer(request, errand, ANSWER, 0.01))
    await shadower.settle()
    (found,) = shadower.turn("g", 101.0)
    return found


def make_gateway(shadow: Resident, outputs: tuple[Tensor, ...] = ANSWER) -> FakeGateway:
    async def answer(_message: bytes) -> UpstreamReply:
        return make_reply(2, outputs)

    gateway = FakeGateway()
    known = make_directory()
    leases = {**known.leases, shadow.id: (make_lease(shadow, "r2"),)}
    gateway.follower.adopt(replace(known, leases=leases))
    gateway.upstream.answers["r2:80"] = answer
    return gateway


async def test_the_same_answer_agrees() -> None:
    shadow = make_shadow()
    found = await offer(make_gateway(shadow).shadower, shadow, 3)
    assert (found.compared, found.agreed, found.failed, found.dropped) == (3, 3, 0, 0)
    assert found.latencies.total == found.live_latencies.total == 3
    assert found.outputs["label"].rows == 3


async def test_another_answer_is_told_by_its_outputs() -> None:
    shadow = make_shadow()
    found = await offer(make_gateway(shadow, OTHER).shadower, shadow)
    assert (found.compared, found.agreed) == (1, 0)
    assert found.outputs["label"].agreed == 1
    assert (found.outputs["scores"].agreed, found.outputs["scores"].largest) == (0, 0.25)


async def test_what_does_not_fit_is_dropped() -> None:
    shadow = make_shadow(max_in_flight=2)
    found = await offer(make_gateway(shadow).shadower, shadow, 5)
    assert (found.compared, found.dropped) == (2, 3)


async def test_a_shadow_that_is_not_there_fails_at_once() -> None:
    shadow = make_shadow()
    gateway = make_gateway(shadow)
    gateway.follower.adopt(replace(gateway.follower.directory, leases={}))
    assert (await offer(gateway.shadower, shadow)).failed == 1


async def test_a_shadow_that_does_not_take_the_request_fails() -> None:
    spec = TensorSpec("other", DataType.FP32, (-1, 2))
    shadow = replace(make_shadow(), signature=Signature((spec,), (spec,), batched=True))
    assert (await offer(make_gateway(shadow).shadower, shadow)).failed == 1


async def test_a_share_of_the_requests_is_copied() -> None:
    shadow = make_shadow(share=0.3, max_in_flight=1000)
    found = await offer(make_gateway(shadow).shadower, shadow, 200)
    assert 30 < found.compared < 90


async def test_a_call_is_answered_by_the_live_variant_and_copied() -> None:
    shadow = make_shadow()
    gateway = make_gateway(shadow, OTHER)
    known: Directory = gateway.follower.directory
    served: Served = next(iter(known.endpoints.values()))
    with_shadow = {name: replace(served, shadows=(shadow,)) for name in known.endpoints}
    gateway.follower.adopt(replace(known, endpoints=with_shadow))
    gateway.shadower.turn("g", 100.0)
    await ask(gateway)
    await gateway.shadower.settle()
    assert gateway.shadower.turn("g", 101.0)[0].outputs["scores"].largest == 0.25


async def ask(gateway: FakeGateway) -> None:

    request = InferRequest((Tensor.of("x", REQUEST.inputs[0].array.astype("f4")),))
    plane = gateway.plane(PrivateEntrance("open"))
    response = await plane.infer(Call("iris", "", PlainCaller(), "i1", 0.0), request)
    assert response.model_version == "1"


async def test_what_is_on_its_way_is_given_up_when_the_gateway_leaves() -> None:
    async def hang(_message: bytes) -> UpstreamReply:
        await asyncio.Event().wait()
        return make_reply()

    shadow = make_shadow()
    gateway = make_gateway(shadow)
    gateway.upstream.answers["r2:80"] = hang
    errand = Errand(LIVE, await write_request(REQUEST), 5.0)
    gateway.shadower.offer((shadow,), LiveAnswer(REQUEST, errand, ANSWER, 0.01))
    gateway.shadower.close()
    with pytest.raises(asyncio.CancelledError):
        await gateway.shadower.settle()
