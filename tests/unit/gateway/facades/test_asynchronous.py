from collections.abc import Iterator
from pathlib import Path

import numpy as np
import orjson
import pytest

from core import wire
from core.tensor import InferRequest, Tensor
from gateway.authenticator import Trust
from gateway.entrance import PublicEntrance
from gateway.facade import Facade
from gateway.upstream import UpstreamReply
from tests.contracts.facade import FacadeContract
from tests.fakes.asgi import Answer, ask
from tests.fakes.gateway import KEY, OTHER_KEY
from tests.fakes.later import ALLOWED, Later, open_later

pytestmark = pytest.mark.anyio
PATH = "/v1/async/flowers"
ROW = InferRequest(
    (Tensor("x", Tensor.of("x", np.zeros((1, 2), "f4")).datatype, np.zeros((1, 2), "f4")),)
)
BODY = orjson.dumps(
    {"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}]}
)


@pytest.fixture
def later(tmp_path: Path) -> Iterator[Later]:
    with open_later(tmp_path) as opened:
        yield opened


async def fail(_message: bytes) -> UpstreamReply:
    return UpstreamReply(500, [], b'{"error": "it broke"}')


async def send(
    later: Later, method: str, path: str = PATH, body: bytes = b"", **headers: str
) -> Answer:
    named = {"x-api-key": KEY} | {name.replace("_", "-"): text for name, text in headers.items()}
    return await ask(later.public, method, path, body, named)


async def submit(later: Later, **headers: str) -> str:
    answer = await send(later, "POST", PATH, BODY, **headers)
    assert answer.status == 202
    return str(answer.json["status"])


class TestAsynchronousFacade(FacadeContract):
    @pytest.fixture
    def facade(self, later: Later) -> Facade:
        return later.facade(PublicEntrance(Trust()))

    @pytest.fixture
    def path(self) -> str:
        return PATH

    @pytest.fixture
    def body(self) -> bytes:
        return BODY


async def test_a_request_is_answered_later(later: Later) -> None:
    at = await submit(later)
    early = await send(later, "GET", f"{at}/result")
    assert (early.status, early.json["state"], early.header("retry-after")) == (202, "queued", "1")
    await later.work()
    shown = await send(later, "GET", at)
    assert (shown.status, shown.json["state"]) == (200, "succeeded")
    answer = await send(later, "GET", f"{at}/result")
    assert (answer.status, answer.json["model_name"]) == (200, "flowers")
    assert answer.json["outputs"][1]["data"] == [0.25, 0.75]


async def test_a_binary_request_gets_a_binary_answer(later: Later) -> None:
    message = wire.encode_request(ROW)
    length = str(message.header_length)
    named = {"x-api-key": KEY, "inference-header-content-length": length}
    sent = await ask(later.public, "POST", PATH, message.body, named)
    await later.work()
    answer = await send(later, "GET", sent.json["result"])
    held = int(answer.header("inference-header-content-length") or 0)
    assert wire.decode_response(answer.body, held).outputs[0].array.tolist() == [1]


async def test_what_can_never_be_answered_is_refused_at_once(later: Later) -> None:
    wrong = BODY.replace(b"FP32", b"INT8")
    assert (await send(later, "POST", PATH, wrong)).status == 400
    assert (await send(later, "POST", "/v1/async/nobody", BODY)).status == 404
    assert (await send(later, "POST", f"{PATH}/versions/9", BODY)).status == 404


async def test_a_route_must_offer_it(later: Later) -> None:
    assert (await send(later, "POST", "/v1/async/garden", BODY)).status == 403


async def test_a_full_queue_says_when_to_come_back(later: Later) -> None:
    for _ in range(3):
        await submit(later)
    refused = await send(later, "POST", PATH, BODY)
    assert (refused.status, refused.header("retry-after")) == (503, "10")


async def test_nobody_sees_what_another_asked(later: Later) -> None:
    at = await submit(later)
    other = await ask(later.public, "GET", at, b"", {"x-api-key": OTHER_KEY})
    assert other.status in (403, 404)
    assert (await ask(later.public, "GET", at)).status == 401
    private = await ask(later.private, "GET", at.replace("flowers", "iris"))
    assert private.status == 404


async def test_what_waits_can_be_cancelled_once(later: Later) -> None:
    at = await submit(later)
    assert (await send(later, "DELETE", at)).json["state"] == "cancelled"
    assert (await send(later, "DELETE", at)).status == 409
    await later.work()
    assert (await send(later, "GET", f"{at}/result")).status == 404


async def test_a_failure_is_kept_in_the_protocols_form(later: Later) -> None:
    at = await submit(later)
    later.gateway.upstream.answers["r1:80"] = fail
    await later.work()
    answer = await send(later, "GET", f"{at}/result")
    assert (answer.status, answer.json) == (500, {"error": "it broke"})


async def test_terms_must_make_sense(later: Later) -> None:
    for header in ({"x_tidegate_expires_s": "soon"}, {"x_tidegate_expires_s": "0"}):
        assert (await send(later, "POST", PATH, BODY, **header)).status == 400
    refused = await send(later, "POST", PATH, BODY, x_tidegate_callback="http://10.0.0.1/")
    assert refused.status == 400
    await submit(later, x_tidegate_callback=ALLOWED, x_tidegate_expires_s="5")


async def test_other_paths_and_methods_are_told_so(later: Later) -> None:
    assert (await send(later, "GET", "/v1/async/")).status == 404
    assert (await send(later, "GET", PATH)).status == 405
    assert (await send(later, "PUT", f"{PATH}/r1")).status == 405
    assert (await send(later, "GET", f"{PATH}/r1")).status == 404
    assert (await send(later, "POST", f"{PATH}/r1/result")).status == 405
