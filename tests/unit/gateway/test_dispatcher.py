import asyncio
from contextlib import suppress

import orjson
import pytest

from core.errors import (
    DeadlineExceeded,
    ModelError,
    NoReplica,
    QueueFull,
    ReplicaLost,
    TidegateError,
)
from core.wire import Message
from gateway import dispatcher
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
    return await gateway.dispatcher.dispatch(RESIDENT, MESSAGE, timeout_s)


async def break_off(_message: bytes) -> UpstreamReply:
    raise Broken("closed", is_refused=False)


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


async def test_the_queue_of_the_waiting_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "MAX_WAITING", 1)
    gateway = make_gateway()
    waiting = asyncio.create_task(dispatch(gateway))
    await asyncio.sleep(0)
    with pytest.raises(QueueFull):
        await dispatch(gateway)
    waiting.cancel()


async def test_replicas_that_break_off_are_lost_after_a_few_tries() -> None:
    gateway = make_gateway("r1")
    gateway.upstream.answers["r1:80"] = break_off
    with pytest.raises(ReplicaLost):
        await dispatch(gateway)
    assert len(gateway.upstream.asked) == dispatcher.MAX_ATTEMPTS


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
