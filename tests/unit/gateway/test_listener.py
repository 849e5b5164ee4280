import asyncio
import gzip
import zlib

import orjson
import pytest

from gateway.budget import Budget
from gateway.upstream import UpstreamReply
from tests.fakes.asgi import Answer, ask
from tests.fakes.cached import CachedGateway
from tests.fakes.gateway import BODY_LIMIT, KEY, FakeGateway

pytestmark = pytest.mark.anyio
INFER = "/v2/models/flowers/infer"
BEARER = {"authorization": f"Bearer {KEY}"}


def body(shape: list[int] | None = None, datatype: str = "FP32", name: str = "x") -> bytes:
    shape = shape or [1, 2]
    count = shape[0] * shape[-1]
    tensor = {"name": name, "datatype": datatype, "shape": shape, "data": [1] * count}
    return orjson.dumps({"inputs": [tensor]})


async def infer(gateway: FakeGateway, sent: bytes | None = None, **headers: str) -> Answer:
    return await ask(gateway.public, "POST", INFER, sent or body(), {**BEARER, **headers})


async def test_a_request_with_a_key_is_answered() -> None:
    answer = await infer(FakeGateway())
    assert answer.status == 200
    assert answer.json["model_name"] == "flowers"
    assert answer.json["outputs"][1]["data"] == [0.25, 0.75]


async def test_without_a_key_401_says_how_to_authenticate() -> None:
    answer = await ask(FakeGateway().public, "POST", INFER, body())
    assert answer.status == 401
    assert answer.json == {"error": "a valid API key is required"}
    assert answer.header("www-authenticate") == 'Bearer realm="tidegate"'


async def test_a_private_endpoints_name_is_not_found_publicly() -> None:
    answer = await ask(FakeGateway().public, "POST", "/v2/models/iris/infer", body(), BEARER)
    assert answer.status == 404
    assert answer.json == {"error": "Request for unknown model: 'iris' is not found"}


async def test_a_private_endpoint_answers_on_the_private_listener() -> None:
    answer = await ask(FakeGateway().private, "POST", "/v2/models/iris/infer", body())
    assert (answer.status, answer.json["model_name"]) == (200, "iris")


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (body([1, 3]), "tensor 'x': expected FP32[-1, 2], given FP32[1, 3]"),
        (body(datatype="INT64"), "tensor 'x': expected FP32[-1, 2], given INT64[1, 2]"),
        (body(name="y"), "tensor 'y': expected one of the inputs 'x', given an unknown input"),
        (b"{", "failed to parse the request JSON"),
    ],
)
async def test_a_bad_tensor_is_named(sent: bytes, text: str) -> None:
    gateway = FakeGateway()
    answer = await infer(gateway, sent)
    assert (answer.status, answer.json) == (400, {"error": text})
    assert gateway.upstream.asked == []


@pytest.mark.parametrize(
    "path", ["/", "/metrics", "/api/v1/status", "/v2x", "/v2/models", "/v2/models/flowers/x", "/v1"]
)
async def test_publicly_there_is_nothing_else(path: str) -> None:
    answer = await ask(FakeGateway().public, "GET", path, b"", BEARER)
    assert (answer.status, answer.json) == (404, {"error": "Not Found"})


async def test_a_body_over_the_limit_is_refused_before_it_is_read() -> None:
    answer = await infer(FakeGateway(), b"x", **{"content-length": str(BODY_LIMIT + 1)})
    assert answer.status == 413


async def test_a_body_in_pieces_over_the_limit_is_refused() -> None:
    pieces = [b"x" * BODY_LIMIT, b"x"]
    answer = await ask(FakeGateway().public, "POST", INFER, pieces, BEARER)
    assert answer.status == 413


async def test_a_bomb_is_refused() -> None:
    bomb = gzip.compress(b" " * 20 * BODY_LIMIT)
    answer = await infer(FakeGateway(), bomb, **{"content-encoding": "gzip"})
    assert answer.status == 413


async def test_compressed_both_ways() -> None:
    packed = zlib.compress(body())
    encodings = {"content-encoding": "deflate", "accept-encoding": "gzip"}
    answer = await infer(FakeGateway(), packed, **encodings)
    assert answer.header("content-encoding") == "gzip"
    assert orjson.loads(gzip.decompress(answer.body))["model_name"] == "flowers"


async def test_an_unknown_encoding_is_501_and_says_which_are_known() -> None:
    answer = await infer(FakeGateway(), body(), **{"content-encoding": "br"})
    assert (answer.status, answer.header("accept-encoding")) == (501, "gzip, deflate")


async def test_no_header_of_a_client_reaches_a_replica() -> None:
    gateway = FakeGateway()
    await infer(gateway, None, **{"x-tidegate-proof": "forged", "x-evil": "evil"})
    (_, message), *_ = gateway.upstream.asked
    assert b"forged" not in message
    assert b"evil" not in message
    assert KEY.encode() not in message


async def test_a_sane_request_id_comes_back() -> None:
    answer = await infer(FakeGateway(), None, **{"x-request-id": "mine-1"})
    assert answer.header("x-request-id") == "mine-1"
    assert answer.header("x-tidegate-inference-id") == "mine-1"


async def test_an_odd_request_id_is_replaced() -> None:
    gateway = FakeGateway()
    answers = [await infer(gateway, None, **{"x-request-id": "a b\x85"}) for _ in range(2)]
    ids = {answer.header("x-request-id") for answer in answers}
    assert len(ids) == 2
    assert "a b\x85" not in ids


async def test_a_crash_is_500_with_the_id_and_tells_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def crash(_message: bytes) -> UpstreamReply:
        raise RuntimeError("inner secret")

    gateway = FakeGateway()
    gateway.upstream.answers["r1:80"] = crash
    answer = await infer(gateway)
    assert answer.status == 500
    assert answer.json == {"error": f"internal error, request {answer.header('x-request-id')}"}
    assert "inner secret" in caplog.text


async def test_each_answer_is_counted_by_listener_name_and_status() -> None:
    gateway = FakeGateway()
    await infer(gateway)
    await ask(gateway.public, "POST", "/v2/models/made-up/infer", body(), BEARER)
    text = gateway.metrics.write().decode()
    assert 'tidegate_requests_total{listener="public",name="flowers",status="200"} 1.0' in text
    assert "made-up" not in text


async def test_a_client_that_left_gets_no_answer() -> None:
    gateway = FakeGateway()
    with pytest.raises(ValueError, match="not enough values"):
        await ask(gateway.public, "POST", INFER, [], BEARER)


async def test_a_full_gateway_says_when_to_come_back_and_holds_nothing_after() -> None:
    gateway = FakeGateway(budget=Budget(10))
    answer = await infer(gateway)
    assert (answer.status, answer.header("retry-after")) == (503, "1")
    assert gateway.budget.held_bytes == 0


async def test_what_a_request_held_is_given_back() -> None:
    gateway = FakeGateway()
    for sent in (body(), b"garbage"):
        await infer(gateway, sent)
        assert gateway.budget.held_bytes == 0


async def test_a_client_that_left_meanwhile_is_counted_apart() -> None:
    async def stall(_message: bytes) -> UpstreamReply:
        await asyncio.Event().wait()
        raise AssertionError

    gateway = FakeGateway()
    gateway.upstream.answers["r1:80"] = stall
    waiting = asyncio.create_task(infer(gateway))
    for _ in range(9):
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert 'name="flowers",status="499"} 1.0' in gateway.metrics.write().decode()
    assert gateway.budget.held_bytes == 0


async def test_a_kept_answer_tells_its_age_and_its_tag() -> None:
    one = CachedGateway()
    first = await infer(one.gateway)
    one.gateway.clock.advance(20)
    again = await infer(one.gateway, None, **{"if-none-match": first.header("etag") or ""})
    assert (first.status, again.status, one.computed) == (200, 200, 1)
    assert first.header("cache-status") == "tidegate; fwd=miss; stored"
    assert first.header("cache-control") == "private, max-age=60"
    assert again.header("cache-status") == "tidegate; hit; ttl=40"
    assert (again.header("cache-control"), again.header("age")) == ("private, max-age=40", "20")
    assert again.header("etag") == first.header("etag")
    assert again.header("x-tidegate-inference-id") != first.header("x-tidegate-inference-id")


async def test_another_form_of_the_answer_has_another_tag() -> None:
    one = CachedGateway()
    packed = await infer(one.gateway, None, **{"accept-encoding": "gzip"})
    rows = orjson.dumps({"rows": [[1, 1]]})
    path = "/v1/endpoints/flowers:predict"
    plain = await ask(one.gateway.public, "POST", path, rows, BEARER)
    csv = {**BEARER, "content-type": "text/csv"}
    sage = await ask(one.gateway.public, "POST", "/endpoints/flowers/invocations", b"1,1", csv)
    tags = {answer.header("etag") for answer in (await infer(one.gateway), packed, plain, sage)}
    assert (len(tags), one.computed) == (4, 1)


async def test_a_route_may_spare_a_caller_what_it_has() -> None:
    one = CachedGateway()
    one.publish(cache={"ttl_s": 60, "not_modified": True})
    first = await infer(one.gateway)
    again = await infer(one.gateway, None, **{"if-none-match": first.header("etag") or ""})
    assert (again.status, again.body, one.computed) == (304, b"", 1)
    assert again.header("content-length") is None
    assert again.header("etag") == first.header("etag")
    assert again.header("cache-status") == "tidegate; hit; ttl=60"
    # It is an answer: captured, and counted as one.
    assert len(one.gateway.tap.records) == 2
    assert b'name="flowers",status="304"' in one.gateway.metrics.write()
    assert (await infer(one.gateway, None, **{"if-none-match": '"x"'})).status == 200


async def test_who_wants_only_kept_answers_hears_504_in_each_form() -> None:
    one = CachedGateway()
    only = {"cache-control": "only-if-cached"}
    answer = await infer(one.gateway, None, **only)
    assert (answer.status, answer.header("etag")) == (504, None)
    assert answer.json == {"error": "'flowers' is unavailable: no answer to this is in the cache"}
    rows = orjson.dumps({"rows": [[1, 1]]})
    path = "/v1/endpoints/flowers:predict"
    plain = await ask(one.gateway.public, "POST", path, rows, {**BEARER, **only})
    assert (plain.status, plain.json["error"]["code"]) == (504, "not_cached")
    assert one.computed == 0


async def test_an_answer_that_cannot_be_written_is_not_called_fresh() -> None:
    one = CachedGateway()
    headers = {**BEARER, "content-type": "text/csv", "accept": "image/png"}
    path = "/endpoints/flowers/invocations"
    answer = await ask(one.gateway.public, "POST", path, b"1,1", headers)
    assert answer.status >= 400
    assert (answer.header("cache-control"), answer.header("etag")) == (None, None)


async def test_a_route_that_keeps_nothing_says_nothing_of_it() -> None:
    answer = await infer(FakeGateway(), None, **{"cache-control": "only-if-cached"})
    assert answer.status == 200
    for name in ("cache-status", "cache-control", "etag", "age"):
        assert answer.header(name) is None
