"""A request's times and trace, from the listener to the replica and the log."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.exposure import Exposure
from core.route import RouteSpec
from gateway.entrance import PrivateEntrance
from gateway.journal import Journal
from gateway.published import Published, StageView
from gateway.trace import Traced
from gateway.tracer import Tracer
from gateway.upstream import UpstreamReply
from tests.fakes.asgi import Answer, ask
from tests.fakes.gateway import KEY, FakeGateway, make_directory, make_reply
from tests.fakes.later import ALLOWED, open_later
from tests.fakes.rpc import calling, make_message
from tests.unit.gateway.test_listener import body

pytestmark = pytest.mark.anyio
PUBLIC, PRIVATE = "/v2/models/flowers/infer", "/v2/models/iris/infer"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLERS = {"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "a=1"}
ASKED = {"x-tidegate-timing": "1"}
KEYED = {"x-api-key": KEY}


def make_gateway(
    *, traced: list[Traced] | None = None, share: float = 0.0, log: str = "", timing: bool = False
) -> FakeGateway:
    """Its replica takes 8 ms: 2 in the queue, 4 computed."""
    tracer = None if traced is None else Tracer(traced.append, share)
    gateway = FakeGateway(tracer=tracer, journal=Journal(log) if log else None)
    gateway.upstream.answers["r1:80"] = take_8_ms(gateway)
    route = RouteSpec(name="flowers", endpoint="iris", timing=timing)
    stages = {"prod": StageView("prod", Published.of(Exposure(routes=(route,)), 1))}
    gateway.follower.adopt(replace(make_directory(), stages=stages))
    return gateway


def take_8_ms(gateway: FakeGateway) -> Callable[[bytes], Awaitable[UpstreamReply]]:
    async def answer(_message: bytes) -> UpstreamReply:
        gateway.clock.advance(0.008)
        return make_reply(spent=b"2000000,4000000")

    return answer


async def infer(gateway: FakeGateway, **headers: str) -> Answer:
    return await ask(gateway.public, "POST", PUBLIC, body(), {**KEYED, **headers})


def lines_of(file: Path, gateway: FakeGateway) -> list[dict[str, object]]:
    assert gateway.journal is not None
    gateway.journal.flush()
    return [json.loads(line) for line in file.read_text().splitlines()]


def sent_to_replica(gateway: FakeGateway) -> str:
    return gateway.upstream.asked[-1][1].partition(b"\r\n\r\n")[0].decode()


async def test_where_the_time_went_is_counted_for_each_request() -> None:
    gateway = make_gateway()
    await infer(gateway)
    text = gateway.metrics.write().decode()
    sums = {"auth": "0.0", "queue": "0.002", "compute": "0.004", "upstream": "0.008"}
    for stage, seconds in sums.items():
        label = f'{{listener="public",name="flowers",stage="{stage}"}}'
        (line,) = (one for one in text.splitlines() if f"_seconds_sum{label}" in one)
        assert float(line.rpartition(" ")[2]) == pytest.approx(float(seconds), abs=1e-6)


async def test_private_callers_who_ask_are_told_the_times() -> None:
    gateway = make_gateway()
    answer = await ask(gateway.private, "POST", PRIVATE, body(), ASKED)
    told = "auth;dur=0.000, queue;dur=2.000, compute;dur=4.000, upstream;dur=8.000, total;dur=8.000"
    assert answer.header("server-timing") == told
    silent = await ask(gateway.private, "POST", PRIVATE, body())
    assert silent.header("server-timing") is None


async def test_publicly_the_route_must_allow_it() -> None:
    assert (await infer(make_gateway(), **ASKED)).header("server-timing") is None
    allowed = make_gateway(timing=True)
    assert "compute;dur=4.000" in ((await infer(allowed, **ASKED)).header("server-timing") or "")
    stranger = await ask(allowed.public, "POST", PUBLIC, body(), ASKED)
    assert (stranger.status, stranger.header("server-timing")) == (401, None)


async def test_a_failure_says_how_long_it_took() -> None:
    gateway = make_gateway(timing=True)

    async def fail(_message: bytes) -> UpstreamReply:
        gateway.clock.advance(0.003)
        return UpstreamReply(500, [], b'{"error": "broken"}')

    gateway.upstream.answers["r1:80"] = fail
    answer = await infer(gateway, **ASKED)
    told = "auth;dur=0.000, upstream;dur=3.000, total;dur=3.000"
    assert (answer.status, answer.header("server-timing")) == (500, told)


async def test_the_callers_trace_goes_through_to_the_replica() -> None:
    traced: list[Traced] = []
    gateway = make_gateway(traced=traced)
    assert (await infer(gateway, **CALLERS)).status == 200
    (one,) = traced
    assert (one.trace.trace_id, one.trace.parent_id) == (TRACE, SPAN)
    assert f"traceparent: 00-{TRACE}-{one.trace.hop_id}-01\r\n" in sent_to_replica(gateway)
    assert "tracestate: a=1\r\n" in sent_to_replica(gateway)
    assert (one.name, one.variant, one.rows, one.status) == ("flowers", "main", 1, 200)
    assert one.trace.resident is not None
    assert one.trace.resident.version == 1
    assert one.spent.read() == (0.002, 0.004)
    assert one.ended_at - one.began_at == pytest.approx(0.008, abs=1e-6)


async def test_what_is_not_sampled_goes_on_as_such_and_nothing_is_told() -> None:
    traced: list[Traced] = []
    gateway = make_gateway(traced=traced, share=1.0)
    await infer(gateway, traceparent=f"00-{TRACE}-{SPAN}-00")
    assert traced == []
    assert f"traceparent: 00-{TRACE}-" in sent_to_replica(gateway)
    assert "-00\r\n" in sent_to_replica(gateway)


async def test_off_nothing_goes_on_and_the_log_has_no_trace(tmp_path: Path) -> None:
    gateway = make_gateway(log=str(tmp_path / "log"))
    await infer(gateway, **CALLERS)
    assert "traceparent" not in sent_to_replica(gateway)
    assert [line["trace_id"] for line in lines_of(tmp_path / "log", gateway)] == [""]


async def test_the_log_has_the_traces_id(tmp_path: Path) -> None:
    gateway = make_gateway(traced=[], log=str(tmp_path / "log"))
    await infer(gateway, **CALLERS)
    await infer(gateway)
    first, second = (str(line["trace_id"]) for line in lines_of(tmp_path / "log", gateway))
    assert first == TRACE
    assert (len(second), second != TRACE) == (32, True)


async def test_strangers_are_not_traced_and_what_they_make_up_is_no_name() -> None:
    traced: list[Traced] = []
    gateway = make_gateway(traced=traced)
    await ask(gateway.public, "POST", "/v2/models/made-up/infer", body(), CALLERS)
    await ask(gateway.public, "POST", PUBLIC, body(), CALLERS)
    assert traced == []
    await ask(gateway.private, "POST", "/v2/models/made-up/infer", body(), CALLERS)
    assert [(one.name, one.status) for one in traced] == [("", 404)]


async def test_nothing_of_the_key_or_the_query_is_told() -> None:
    traced: list[Traced] = []
    gateway = make_gateway(traced=traced)
    await ask(gateway.public, "POST", f"{PUBLIC}?token=secret", body(), {**KEYED, **CALLERS})
    assert len(traced) == 1
    assert KEY not in repr(traced[0])
    assert "secret" not in traced[0].path


async def test_metadata_does_the_same_over_grpc() -> None:
    traced: list[Traced] = []
    gateway = make_gateway(traced=traced)
    async with calling(gateway, PrivateEntrance("open"), "ModelInfer") as call:
        rpc = call(make_message().SerializeToString(), metadata=tuple({**CALLERS, **ASKED}.items()))
        await rpc
        trailing = {key: str(value) for key, value in await rpc.trailing_metadata()}
    assert "compute;dur=4.000" in trailing["server-timing"]
    (one,) = traced
    assert (one.trace.trace_id, one.listener) == (TRACE, "private_grpc")
    assert f"traceparent: 00-{TRACE}-{one.trace.hop_id}-01" in sent_to_replica(gateway)


async def test_what_is_answered_later_is_part_of_the_trace_that_it_was_taken_in(
    tmp_path: Path,
) -> None:
    traced: list[Traced] = []
    with open_later(tmp_path) as later:
        tracer = later.gateway.witness.tracer = Tracer(traced.append, 0.0)
        sent = {**CALLERS, "x-tidegate-callback": ALLOWED}
        taken = await ask(later.private, "POST", "/v1/async/iris", body(), sent)
        await later.work(later.courier(tracer=tracer))
        kept = later.table.get(taken.json["id"]).headers
    first, second = traced
    assert kept["traceparent"] == f"00-{TRACE}-{first.trace.span_id}-01"
    assert (first.listener, second.listener) == ("private", "async")
    assert (second.trace.trace_id, second.trace.parent_id) == (TRACE, first.trace.span_id)
    assert (second.name, second.status, second.rows) == ("iris", 200, 1)


async def test_later_failures_keep_their_status(tmp_path: Path) -> None:
    traced: list[Traced] = []
    with open_later(tmp_path) as later:
        tracer = later.gateway.witness.tracer = Tracer(traced.append, 1.0)
        later.gateway.upstream.answers["r1:80"] = refuse
        await ask(later.private, "POST", "/v1/async/iris", body())
        await later.work(later.courier(tracer=tracer))
    assert [one.status for one in traced] == [202, 500]


async def refuse(_message: bytes) -> UpstreamReply:
    return UpstreamReply(500, [], b'{"error": "broken"}')
