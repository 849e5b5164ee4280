import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from core.errors import DeadlineExceeded, ModelError, QueueFull, ReplicaLost
from gateway.callback import Caller
from gateway.courier import is_passing, pause_s
from gateway.desk import body_path
from gateway.trace import Traced
from gateway.tracer import Tracer
from gateway.upstream import UpstreamReply
from registry.records import AsyncRequest, AsyncState
from tests.fakes.asgi import ask
from tests.fakes.gateway import make_reply
from tests.fakes.later import ALLOWED, Later, open_later
from tests.unit.gateway.facades.test_asynchronous import BODY

pytestmark = pytest.mark.anyio


@pytest.fixture
def later(tmp_path: Path) -> Iterator[Later]:
    with open_later(tmp_path) as opened:
        yield opened


async def test_a_callback_is_part_of_the_requests_trace(later: Later) -> None:
    traced: list[Traced] = []
    later.gateway.witness.tracer = Tracer(traced.append, 1.0)
    request = await submit(later, ALLOWED)
    await later.work()
    got: list[object] = []
    seen: list[str] = []
    async with listening([200], got, seen) as url, ClientSession() as session:
        await later.courier().tell(Redirected(session, url))
    assert seen == [request.headers["traceparent"]]


async def submit(later: Later, callback: str = "") -> AsyncRequest:
    headers = {"x-tidegate-callback": callback} if callback else {}
    answer = await ask(later.private, "POST", "/v1/async/iris", BODY, headers)
    return later.table.get(answer.json["id"])


def state(later: Later, request: AsyncRequest) -> AsyncState:
    return later.table.get(request.id).state


class Replica:
    """Answers 503 so often, then well; while `gate` is clear it waits."""

    def __init__(self, failures: int = 0) -> None:
        self.calls = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._failures = failures

    async def answer(self, _message: bytes) -> UpstreamReply:
        self.calls += 1
        await self.gate.wait()
        if self.calls <= self._failures:
            return UpstreamReply(503, [(b"retry-after", b"1")], b'{"error": "full"}')
        return make_reply()


async def test_a_passing_failure_is_tried_again_later(later: Later) -> None:
    replica = Replica(failures=1)
    later.gateway.upstream.answers["r1:80"] = replica.answer
    request = await submit(later)
    await later.work()
    assert state(later, request) is AsyncState.QUEUED
    await later.work()
    assert replica.calls == 1
    later.clock.advance(1.0)
    await later.work()
    assert state(later, request) is AsyncState.SUCCEEDED


async def test_tries_are_bounded(later: Later) -> None:
    replica = Replica(failures=99)
    later.gateway.upstream.answers["r1:80"] = replica.answer
    await submit(later)
    for _ in range(5):
        await later.work(later.courier(max_attempts=3))
        later.clock.advance(5.0)
    assert replica.calls == 3


async def test_what_a_dead_courier_held_is_taken_over(later: Later) -> None:
    request = await submit(later)
    later.table.claim("dead", later.clock.now(), later.clock.now() + 30, 1)
    await later.work()
    assert state(later, request) is AsyncState.RUNNING
    later.clock.advance(31.0)
    await later.work()
    assert state(later, request) is AsyncState.SUCCEEDED


async def test_a_request_that_takes_its_couriers_down_is_given_up(later: Later) -> None:
    request = await submit(later)
    for _ in range(3):
        later.table.claim("dead", later.clock.now(), later.clock.now() + 1, 1)
        later.clock.advance(2.0)
    await later.work(later.courier(max_attempts=3))
    assert state(later, request) is AsyncState.FAILED


async def test_a_fault_of_ours_leaves_the_request_to_a_later_try(later: Later) -> None:
    async def crash(_message: bytes) -> UpstreamReply:
        raise ZeroDivisionError

    later.gateway.upstream.answers["r1:80"] = crash
    request = await submit(later)
    await later.work()
    assert state(later, request) is AsyncState.RUNNING


async def test_a_courier_that_leaves_puts_its_work_back(later: Later) -> None:
    replica = Replica()
    replica.gate.clear()
    later.gateway.upstream.answers["r1:80"] = replica.answer
    request = await submit(later)
    courier = later.courier()
    await courier.look()
    await courier.leave()
    assert state(later, request) is AsyncState.QUEUED
    replica.gate.set()
    await later.work()
    assert state(later, request) is AsyncState.SUCCEEDED


async def test_no_more_run_at_once_than_allowed(later: Later) -> None:
    requests = [await submit(later) for _ in range(3)]
    replica = Replica()
    replica.gate.clear()
    later.gateway.upstream.answers["r1:80"] = replica.answer
    courier = later.courier()
    await courier.look()
    await courier.look()
    assert [state(later, one) for one in requests].count(AsyncState.RUNNING) == 2
    replica.gate.set()
    await courier.settle()


async def test_bodies_go_when_they_are_of_no_more_use(later: Later) -> None:
    request = await submit(later)
    await later.work()
    with pytest.raises(FileNotFoundError):
        later.spool.get(body_path(request.id))
    later.clock.advance(61.0)
    await later.work()
    assert (await ask(later.private, "GET", f"/v1/async/iris/{request.id}")).status == 404


@asynccontextmanager
async def listening(
    statuses: list[int], got: list[object], parents: list[str] | None = None
) -> AsyncIterator[str]:
    async def take(request: web.Request) -> web.Response:
        if parents is not None:
            parents.append(request.headers["traceparent"])
        got.append(await request.json())
        return web.Response(status=statuses.pop(0))

    app = web.Application()
    app.router.add_post("/done", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/done"
    await runner.cleanup()


async def test_who_asked_to_be_told_is_told_until_it_listens(later: Later) -> None:
    got: list[object] = []
    request = await submit(later, ALLOWED)
    await later.work()
    async with listening([302, 200], got) as url, ClientSession() as session:
        caller = Redirected(session, url)
        for _ in range(3):
            await later.courier().tell(caller)
            later.clock.advance(30.0)
    told = {"id": request.id, "model": "iris", "state": "succeeded"}
    assert got == [told, told]


class Redirected(Caller):
    """Calls its own address whatever it is told."""

    def __init__(self, session: ClientSession, url: str) -> None:
        super().__init__(session, frozenset())
        self._url = url

    async def call(
        self, url: str, document: dict[str, object], headers: Mapping[str, str] | None = None
    ) -> bool:
        assert url == ALLOWED
        return await super().call(self._url, document, headers)


def test_only_what_may_pass_is_tried_again() -> None:
    assert is_passing(ReplicaLost("iris", "gone"))
    assert is_passing(QueueFull("iris", 1.0))
    assert is_passing(DeadlineExceeded("iris", 1.0))
    assert not is_passing(ModelError("broken"))


def test_pauses_double_up_to_a_minute() -> None:
    assert [pause_s(attempts) for attempts in (1, 2, 3, 20)] == [1.0, 2.0, 4.0, 60.0]
