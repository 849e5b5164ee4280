import asyncio
from contextlib import suppress

import orjson
import pytest

from core import frames
from core.errors import (
    DeadlineExceeded,
    MalformedRequest,
    ModelError,
    NoReplica,
    QueueFull,
    ReplicaLost,
    TidegateError,
)
from core.frames import Frame, write_frame
from core.wire import Message
from gateway import dispatcher
from gateway.dispatcher import Errand
from gateway.upstream import Broken, UpstreamReply
from tests.fakes.gateway import FakeGateway, answer_well, make_directory, make_lease, make_resident

pytestmark = pytest.mark.anyio
RESIDENT = make_resident()
MESSAGE = Message(b"{}", 2)


def make_gateway(*replicas: str) -> FakeGateway:
    gateway = FakeGateway()
    gateway.upstream.answers.clear()
    gateway.follower.adopt(make_directory(leases=[make_lease(RESIDENT, one) for one in replicas]))
    return gateway


async def dispatch(gateway: FakeGateway, timeout_s: float = 5.0) -> UpstreamReply:
    return await gateway.dispatcher.dispatch(Errand(RESIDENT, MESSAGE, timeout_s))


async def break_off(_message: bytes) -> UpstreamReply:
    raise Broken("closed", is_refused=False, was_sent=True)


async def time_out(_message: bytes) -> UpstreamReply:
    raise TimeoutError


async def test_a_dead_replica_costs_another_try() -> None:
    gateway = make_gateway("r1", "r2")
    gateway.upstream.answers["r2:80"] = answer_well
    for _ in range(20):
        assert (await dispatch(gateway)).status == 200
    assert [address for address, _ in gateway.upstream.asked].count("r1:80") <= 1


async def test_nobody_there_waits_for_somebody() -> None:
    gateway = make_gateway()
    gateway.upstream.answers["r2:80"] = answer_well
    waiting = [asyncio.create_task(dispatch(gateway)) for _ in range(10)]
    await asyncio.sleep(0)
    gateway.follower.adopt(make_directory(leases=[make_lease(RESIDENT, "r2")]))
    assert {reply.status for reply in await asyncio.gather(*waiting)} == {200}


async def test_a_killed_single_replica_costs_no_error() -> None:
    gateway = make_gateway("r1")
    waiting = asyncio.create_task(dispatch(gateway))
    for _ in range(3):
        await asyncio.sleep(0)
    gateway.upstream.answers["r2:80"] = answer_well
    leases = [make_lease(RESIDENT, "r1"), make_lease(RESIDENT, "r2")]
    gateway.follower.adopt(make_directory(leases=leases))
    assert (await waiting).status == 200


async def test_nobody_in_time_is_no_replica() -> None:
    with pytest.raises(NoReplica):
        await dispatch(make_gateway(), timeout_s=0.0)


@pytest.mark.parametrize("bound", ["MAX_WAITING", "MAX_WAITING_BYTES"])
async def test_the_queue_of_the_waiting_is_bounded(
    monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(dispatcher, bound, {"MAX_WAITING": 1, "MAX_WAITING_BYTES": 3}[bound])
    gateway = make_gateway()
    waiting = asyncio.create_task(dispatch(gateway))
    await asyncio.sleep(0)
    with pytest.raises(QueueFull):
        await dispatch(gateway)
    waiting.cancel()


async def test_a_request_that_two_replicas_died_of_is_not_sent_to_a_third() -> None:
    gateway = make_gateway("r1", "r2", "r3")
    gateway.upstream.answers.update(dict.fromkeys(("r1:80", "r2:80", "r3:80"), break_off))
    with pytest.raises(ReplicaLost):
        await dispatch(gateway)
    assert len(gateway.upstream.asked) == dispatcher.MAX_DEATHS


async def test_what_is_not_idempotent_is_computed_once_at_most() -> None:
    gateway = make_gateway("r1")
    gateway.upstream.answers["r1:80"] = break_off
    with pytest.raises(ReplicaLost):
        await gateway.dispatcher.dispatch(Errand(RESIDENT, MESSAGE, 5.0, idempotent=False))
    assert gateway.upstream.once == [True]


async def test_what_never_arrived_is_sent_again_though_it_is_not_idempotent() -> None:
    gateway = make_gateway("r1", "r2")
    gateway.upstream.answers["r2:80"] = answer_well
    errand = Errand(RESIDENT, MESSAGE, 5.0, idempotent=False)
    replies = [await gateway.dispatcher.dispatch(errand) for _ in range(9)]
    assert {reply.status for reply in replies} == {200}


async def test_a_replica_that_says_unavailable_is_left_out() -> None:
    async def refuse(_message: bytes) -> UpstreamReply:
        return UpstreamReply(503, [], b'{"error":"wedged"}')

    gateway = make_gateway("r1", "r2")
    gateway.upstream.answers.update({"r1:80": refuse, "r2:80": answer_well})
    assert {(await dispatch(gateway)).status for _ in range(20)} == {200}
    assert [address for address, _ in gateway.upstream.asked].count("r1:80") <= 1


async def test_a_slow_replica_is_not_asked_again() -> None:
    gateway = make_gateway("r1", "r2")
    gateway.upstream.answers.update({"r1:80": time_out, "r2:80": time_out})
    with pytest.raises(DeadlineExceeded):
        await dispatch(gateway)
    assert len(gateway.upstream.asked) == 1


async def test_a_full_replica_sends_on_to_the_next() -> None:
    async def refuse(_message: bytes) -> UpstreamReply:
        return UpstreamReply(503, [(b"retry-after", b"3")], b'{"error":"full"}')

    gateway = make_gateway("r1", "r2")
    gateway.upstream.answers.update({"r1:80": refuse, "r2:80": answer_well})
    replies = [await dispatch(gateway) for _ in range(10)]
    assert {reply.status for reply in replies} == {200}


async def test_a_sequence_begins_where_there_is_room_and_stays_there() -> None:
    async def refuse(_message: bytes) -> UpstreamReply:
        return UpstreamReply(503, [(b"retry-after", b"3")], b'{"error":"full"}')

    for full, roomy in (("r1:80", "r2:80"), ("r2:80", "r1:80")):
        gateway = make_gateway("r1", "r2")
        gateway.upstream.answers.update({full: refuse, roomy: answer_well})
        for number in range(5):
            first = Errand(RESIDENT, MESSAGE, 5.0, sequence=f"s{number}", begins=True)
            assert (await gateway.dispatcher.dispatch(first)).status == 200
            gateway.upstream.asked.clear()
            later = Errand(RESIDENT, MESSAGE, 5.0, sequence=f"s{number}")
            assert (await gateway.dispatcher.dispatch(later)).status == 200
            assert [address for address, _ in gateway.upstream.asked] == [roomy]


async def test_a_models_error_is_passed_on_and_not_tried_again() -> None:
    async def fail(_message: bytes) -> UpstreamReply:
        return UpstreamReply(500, [], orjson.dumps({"error": "model 'm' failed"}))

    gateway = make_gateway("r1", "r2")
    gateway.upstream.answers.update({"r1:80": fail, "r2:80": fail})
    with pytest.raises(ModelError, match="model 'm' failed"):
        await dispatch(gateway)
    assert len(gateway.upstream.asked) == 1


async def test_whatever_happens_nothing_stays_in_flight() -> None:
    gateway = make_gateway("r1")
    for answer in (answer_well, break_off, time_out):
        gateway.upstream.answers["r1:80"] = answer
        with suppress(TidegateError):
            await dispatch(gateway)
        assert gateway.balancer.in_flight(make_lease(RESIDENT, "r1")) == 0


FRAMES = [(b"content-type", frames.CONTENT_TYPE)]
FAULT = Frame(Message(b'{"error":"no","status":400}', None), is_error=True)


def make_frame(text: str) -> bytes:
    return write_frame(Frame(Message(text.encode(), None)))


async def collect(gateway: FakeGateway) -> list[bytes]:
    messages = gateway.dispatcher.stream(Errand(RESIDENT, MESSAGE, 5.0))
    return [message.body async for message in messages]


async def test_frames_come_one_by_one() -> None:
    gateway = make_gateway("r1")
    flow = gateway.upstream.flows["r1:80"] = gateway.upstream.make_flow(200, FRAMES)
    flow.push(make_frame("one") + make_frame("two")[:5])
    messages = gateway.dispatcher.stream(Errand(RESIDENT, MESSAGE, 5.0))
    assert (await anext(messages)).body == b"one"
    flow.push(make_frame("two")[5:])
    flow.end()
    assert [message.body async for message in messages] == [b"two"]
    assert gateway.upstream.released == [True]


async def test_frames_are_asked_for() -> None:
    gateway = make_gateway("r1")
    gateway.upstream.answers["r1:80"] = answer_well
    await collect(gateway)
    assert b"accept: application/x-tidegate-frames\r\n" in gateway.upstream.asked[0][1]


async def test_an_ordinary_answer_is_one_piece() -> None:
    gateway = make_gateway("r1")
    gateway.upstream.answers["r1:80"] = answer_well
    assert len(await collect(gateway)) == 1
    assert gateway.balancer.in_flight(make_lease(RESIDENT, "r1")) == 0


async def test_leaving_early_ends_the_flow() -> None:
    gateway = make_gateway("r1")
    flow = gateway.upstream.flows["r1:80"] = gateway.upstream.make_flow(200, FRAMES)
    flow.push(make_frame("one"))
    messages = gateway.dispatcher.stream(Errand(RESIDENT, MESSAGE, 5.0))
    await anext(messages)
    await messages.aclose()
    assert gateway.upstream.released == [False]
    assert gateway.balancer.in_flight(make_lease(RESIDENT, "r1")) == 0


async def test_a_stream_that_dies_before_its_first_piece_is_begun_again() -> None:
    gateway = make_gateway("r1", "r2")
    dead = gateway.upstream.flows["r1:80"] = gateway.upstream.make_flow(200, FRAMES)
    dead.fail(Broken("closed", is_refused=False, was_sent=True))
    gateway.upstream.answers["r2:80"] = answer_well
    for _ in range(9):
        assert len(await collect(gateway)) == 1


async def test_a_stream_that_dies_later_is_lost() -> None:
    gateway = make_gateway("r1")
    flow = gateway.upstream.flows["r1:80"] = gateway.upstream.make_flow(200, FRAMES)
    flow.push(make_frame("one"))
    flow.fail(Broken("closed", is_refused=False, was_sent=True))
    with pytest.raises(ReplicaLost):
        await collect(gateway)
    assert len(gateway.upstream.asked) == 1


@pytest.mark.parametrize("before", [b"", make_frame("one")])
async def test_an_error_frame_is_the_error_that_it_says(before: bytes) -> None:
    gateway = make_gateway("r1")
    flow = gateway.upstream.flows["r1:80"] = gateway.upstream.make_flow(200, FRAMES)
    flow.push(before + write_frame(FAULT))
    flow.end()
    with pytest.raises(MalformedRequest, match="no"):
        await collect(gateway)


@pytest.mark.parametrize("odd", [b"", b"\x09not a frame", make_frame("cut")[:-1]])
async def test_what_is_no_stream_of_frames_is_a_replica_lost(odd: bytes) -> None:
    gateway = make_gateway("r1")
    for _ in range(dispatcher.MAX_DEATHS):
        flow = gateway.upstream.flows["r1:80"] = gateway.upstream.make_flow(200, FRAMES)
        flow.push(odd)
        flow.end()
    with pytest.raises((ReplicaLost, DeadlineExceeded)):
        await collect(gateway)
