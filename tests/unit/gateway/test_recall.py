import asyncio
from dataclasses import replace
from typing import Any

import pytest

from core.batching import Batching
from core.errors import (
    DeadlineExceeded,
    MalformedRequest,
    ModelError,
    NotCached,
    RateLimited,
    SignatureMismatch,
    Unauthenticated,
)
from core.refs import ResidentId
from core.sequences import Sequences
from core.tensor import InferRequest, RequestedOutput
from gateway.upstream import UpstreamReply
from registry.records import Resident
from tests.fakes.cached import ANN, BEN, CachedGateway, ask_for
from tests.fakes.gateway import make_resident

pytestmark = pytest.mark.anyio
BROKEN = UpstreamReply(200, [], b"garbage")


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_asks_the_same_again_gets_the_kept_answer() -> None:
    one = CachedGateway()
    first, told = await one.infer(replace(ask_for(), id="first"))
    assert told == "fwd=miss; stored"
    one.gateway.clock.advance(2.5)
    again, told = await one.infer(replace(ask_for(), id="again"))
    assert told == "hit; ttl=57"
    assert (one.computed, again.outputs, again.id) == (1, first.outputs, "again")
    assert await one.tell(2.0) == "fwd=miss; stored"


async def test_an_answer_is_kept_for_its_time() -> None:
    one = CachedGateway()
    await one.tell()
    one.gateway.clock.advance(60)
    assert await one.tell() == "fwd=miss; stored"


async def test_a_route_that_does_not_ask_for_it_keeps_nothing() -> None:
    one = CachedGateway()
    one.publish(cache=None)
    assert [await one.tell(), await one.tell(), one.computed] == ["", "", 2]


async def test_an_answer_that_is_larger_than_the_route_allows_is_not_kept() -> None:
    one = CachedGateway()
    one.publish(cache={"ttl_s": 60, "max_bytes": 1024})
    assert [await one.tell(), await one.tell()] == ["fwd=miss"] * 2
    assert b"tidegate_cache_entries 0.0" in one.gateway.metrics.write()


async def test_a_new_version_and_a_new_deployment_begin_with_nothing() -> None:
    one = CachedGateway()
    await one.tell()
    one.publish(make_resident(2))
    assert await one.tell() == "fwd=miss; stored"
    one.publish(make_resident(2), number=2)
    assert await one.tell() == "fwd=miss; stored"
    one.publish(make_resident(1))
    assert (await one.tell()).startswith("hit")
    assert one.computed == 3


@pytest.mark.parametrize(("vary", "computed"), [("caller", 2), ("content", 1)])
async def test_callers_have_answers_of_their_own_unless_the_route_says_otherwise(
    vary: str, computed: int
) -> None:
    one = CachedGateway()
    one.publish(cache={"ttl_s": 60, "vary": vary})
    for key in (ANN, BEN, ANN, BEN):
        await one.tell(key=key)
    assert one.computed == computed


async def test_a_hit_asks_for_a_credential_and_for_tensors_that_fit() -> None:
    one = CachedGateway()
    await one.tell()
    with pytest.raises(Unauthenticated):
        await one.tell(key="tg_00000000_nobody")
    with pytest.raises(SignatureMismatch):
        await one.infer(replace(ask_for(), inputs=()))


async def test_a_hit_is_charged() -> None:
    one = CachedGateway()
    one.publish(plan="two")
    await one.tell()
    await one.tell()
    with pytest.raises(RateLimited):
        await one.tell()


async def test_a_hit_is_captured_under_its_own_id() -> None:
    one = CachedGateway()
    for name in ("a", "b"):
        await one.infer(ask_for(), inference_id=name)
    first, second = one.gateway.tap.records
    assert (first.inference_id, second.inference_id) == ("a", "b")
    assert first.response == second.response


async def test_outputs_are_hidden_of_a_kept_answer_too() -> None:
    one = CachedGateway()
    one.publish(outputs=["label"])
    for _ in range(2):
        response, _ = await one.infer(ask_for())
        assert [tensor.name for tensor in response.outputs] == ["label"]
    assert [one.name for one in one.gateway.tap.records[1].response] == ["label", "scores"]
    with pytest.raises(SignatureMismatch):
        await one.infer(replace(ask_for(), outputs=(RequestedOutput("scores"),)))


@pytest.mark.parametrize(
    ("control", "told"),
    [
        ("", "hit; ttl=50"),
        ("max-age=10", "hit; ttl=50"),
        ("max-age=9", "fwd=request; stored"),
        ("min-fresh=50", "hit; ttl=50"),
        ("min-fresh=51", "fwd=request; stored"),
        ("no-cache", "fwd=request; stored"),
        ("no-store", "fwd=bypass"),
        ("only-if-cached", "hit; ttl=50"),
        ("no-store, only-if-cached", "refused"),
        ("max-age=3, only-if-cached", "refused"),
    ],
)
async def test_a_caller_may_say_what_it_takes(control: str, told: str) -> None:
    one = CachedGateway()
    await one.tell()
    one.gateway.clock.advance(10)
    if told == "refused":
        with pytest.raises(NotCached):
            await one.tell(control=control)
    else:
        assert await one.tell(control=control) == told
    computed = 2 if told.startswith("fwd") else 1
    assert one.computed == computed
    # What was computed anew is what the next one gets, unless it was not to be stored.
    response, _ = await one.infer(ask_for())
    assert response.outputs[0].array[0] == (2 if "stored" in told else 1)


async def test_only_if_cached_computes_nothing() -> None:
    one = CachedGateway()
    with pytest.raises(NotCached):
        await one.tell(control="only-if-cached")
    assert one.computed == 0
    assert b'outcome="absent",route="flowers"} 1.0' in one.gateway.metrics.write()


def make_stateful() -> Resident:
    resident = make_resident()
    batching = Batching(sequences=Sequences())
    return replace(resident, spec=resident.spec.model_copy(update={"batching": batching}))


def make_streaming() -> Resident:
    resident = make_resident()
    return replace(resident, signature=replace(resident.signature, streaming=True))


@pytest.mark.parametrize(
    ("resident", "parameters"),
    [
        (make_stateful(), {}),
        (make_streaming(), {}),
        (make_resident(), {"sequence_id": 7}),
        (make_resident(), {"idempotent": False}),
    ],
)
async def test_what_depends_on_more_than_its_content_is_never_kept(
    resident: Resident, parameters: dict[str, Any]
) -> None:
    one = CachedGateway()
    one.publish(resident)
    for _ in range(2):
        assert (await one.infer(ask_for(**parameters)))[1] == "fwd=bypass"
    assert one.computed == 2


async def test_parameters_that_cannot_be_are_refused_as_without_a_cache() -> None:
    with pytest.raises(MalformedRequest):
        await CachedGateway().infer(ask_for(timeout=-1))


async def test_requests_that_ask_the_same_wait_for_one_computation() -> None:
    one = CachedGateway()
    one.gate.clear()
    asked = [asyncio.create_task(one.infer(ask_for())) for _ in range(5)]
    await settle()
    assert one.computed == 1
    one.gate.set()
    answers = await asyncio.gather(*asked)
    assert one.computed == 1
    assert sorted(told for _, told in answers) == [
        *["fwd=miss; collapsed; stored"] * 4,
        "fwd=miss; stored",
    ]
    assert len(one.gateway.tap.records) == 5


async def test_one_that_wants_no_kept_answer_waits_for_none() -> None:
    one = CachedGateway()
    one.gate.clear()
    asked = [asyncio.create_task(one.tell(control=said)) for said in ("", "no-cache", "no-store")]
    await settle()
    assert one.computed == 3
    one.gate.set()
    assert await asyncio.gather(*asked) == [
        "fwd=miss; stored",
        "fwd=request; stored",
        "fwd=bypass",
    ]


async def test_a_failure_is_its_own_requests_and_is_not_kept() -> None:
    one = CachedGateway()
    one.gate.clear()
    asked = [asyncio.create_task(one.tell()) for _ in range(4)]
    await settle()
    one.failures.append(BROKEN)
    one.gate.set()
    first, *others = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(first, ModelError)
    assert others == ["fwd=miss; stored"] * 3
    assert one.computed == 4
    assert (await one.tell()).startswith("hit")


async def test_when_the_first_caller_goes_away_the_next_goes_on() -> None:
    one = CachedGateway()
    one.gate.clear()
    asked = [asyncio.create_task(one.tell()) for _ in range(3)]
    await settle()
    asked[0].cancel()
    await settle()
    assert one.computed == 2
    one.gate.set()
    assert sorted(await asyncio.gather(*asked[1:])) == [
        "fwd=miss; collapsed; stored",
        "fwd=miss; stored",
    ]
    assert one.computed == 2


async def test_one_that_waits_and_goes_away_disturbs_nobody() -> None:
    one = CachedGateway()
    one.gate.clear()
    asked = [asyncio.create_task(one.tell()) for _ in range(3)]
    await settle()
    asked[1].cancel()
    await settle()
    one.gate.set()
    assert await asked[0] == "fwd=miss; stored"
    assert await asked[2] == "fwd=miss; collapsed; stored"
    assert one.computed == 1


async def test_who_waits_waits_until_its_own_deadline() -> None:
    one = CachedGateway()
    one.publish(timeout_s=0.02)
    one.gate.clear()
    first = asyncio.create_task(one.tell())
    await settle()
    with pytest.raises(DeadlineExceeded):
        await one.tell()
    one.gate.set()
    await first


async def test_a_try_of_its_own_has_only_the_time_that_is_left() -> None:
    one = CachedGateway()
    one.gate.clear()
    first = asyncio.create_task(one.tell())
    await settle()
    second = asyncio.create_task(one.tell())
    await settle()
    one.failures.append(BROKEN)
    # The endpoint's five seconds have gone by when the first one fails.
    one.gateway.clock.advance(6)
    one.gate.set()
    with pytest.raises(ModelError):
        await first
    with pytest.raises(DeadlineExceeded):
        await second
    assert one.computed == 1


async def test_what_was_kept_is_found_by_any_form_of_the_request() -> None:
    one = CachedGateway()
    await one.tell()
    request: InferRequest = replace(ask_for(), binary_output=True, id="x")
    assert (await one.infer(request))[1].startswith("hit")


async def test_another_package_under_one_id_is_another() -> None:
    one = CachedGateway()
    await one.tell()
    one.publish(replace(make_resident(), digest="other"))
    assert await one.tell() == "fwd=miss; stored"
    assert make_resident().id == ResidentId("iris-main-1")


async def test_outcomes_are_counted() -> None:
    one = CachedGateway()
    for control in ("", "", "no-store"):
        await one.tell(control=control)
    text = one.gateway.metrics.write().decode()
    for outcome in ("miss", "hit", "bypass"):
        name = "tidegate_cache_requests_total"
        assert f'{name}{{outcome="{outcome}",route="flowers"}} 1.0' in text
