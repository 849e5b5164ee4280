from typing import Any

import numpy as np
import orjson
import pytest

from core.tensor import Tensor
from gateway.authenticator import Trust
from gateway.entrance import PublicEntrance
from gateway.facade import Facade
from gateway.facades.plain_json import PlainJsonFacade
from gateway.upstream import UpstreamReply
from tests.contracts.facade import FacadeContract
from tests.fakes.asgi import Answer, ask
from tests.fakes.gateway import KEY, FakeGateway, make_reply

pytestmark = pytest.mark.anyio
PATH = "/v1/endpoints/flowers:predict"


class TestPlainJsonFacade(FacadeContract):
    @pytest.fixture
    def facade(self) -> Facade:
        return PlainJsonFacade(*FakeGateway().parts(PublicEntrance(Trust())))

    @pytest.fixture
    def path(self) -> str:
        return PATH

    @pytest.fixture
    def body(self) -> bytes:
        return b'{"rows": [{"width": 1, "height": 2}]}'


async def predict(document: Any, gateway: FakeGateway | None = None, path: str = PATH) -> Answer:
    listener = (gateway or FakeGateway()).public
    return await ask(listener, "POST", path, orjson.dumps(document), {"x-api-key": KEY})


@pytest.mark.parametrize(
    "document",
    [
        {"rows": [{"width": 1, "height": 2}]},
        {"rows": [{"height": 2, "width": 1}]},
        {"rows": [[1, 2]]},
        {"inputs": {"x": [[1, 2]]}},
    ],
)
async def test_rows_become_one_tensor(document: Any) -> None:
    gateway = FakeGateway()
    answer = await predict(document, gateway)
    prediction = {"label": "high", "scores": {"low": 0.25, "high": 0.75}}
    assert answer.json == {"predictions": [prediction], "model": "flowers", "version": "1"}
    assert gateway.upstream.asked[0][1].endswith(np.array([1, 2], "f4").tobytes())


async def test_what_json_cannot_carry_is_null() -> None:
    async def answer_odd(_message: bytes) -> UpstreamReply:
        scores = Tensor.of("scores", np.array([[np.nan, np.inf]], "f4"))
        return make_reply(1, (Tensor.of("label", np.array([7])), scores))

    gateway = FakeGateway()
    gateway.upstream.answers["r1:80"] = answer_odd
    (prediction,) = (await predict({"rows": [[1, 2]]}, gateway)).json["predictions"]
    assert prediction == {"label": 7, "scores": {"low": None, "high": None}}


@pytest.mark.parametrize(
    ("row", "named"), [({"width": 1}, "height"), ({"width": 1, "height": 2, "depth": 3}, "depth")]
)
async def test_a_missing_or_unknown_feature_is_named(row: Any, named: str) -> None:
    answer = await predict({"rows": [row]})
    assert answer.status == 400
    error = answer.json["error"]
    assert (error["code"], error["tensor"]) == ("signature_mismatch", named)


@pytest.mark.parametrize(
    "document",
    [{}, {"rows": []}, {"rows": [[1, 2], {}]}, {"rows": [[1, 2]], "more": 1}, {"inputs": []}],
)
async def test_a_body_of_another_form_is_malformed(document: Any) -> None:
    answer = await predict(document)
    assert (answer.status, answer.json["error"]["code"]) == (400, "malformed_request")


async def test_a_wrong_shape_is_explained() -> None:
    error = (await predict({"rows": [[1, 2, 3]]})).json["error"]
    assert error["message"] == "tensor 'x': expected FP32[-1, 2], given FP32[1, 3]"
    assert (error["expected"], error["given"]) == ("FP32[-1, 2]", "FP32[1, 3]")


@pytest.mark.parametrize(
    "path", ["/v1/endpoints/flowers", "/v1/endpoints/:predict", "/v1/endpoints/a/b:predict"]
)
async def test_other_paths_are_not_found(path: str) -> None:
    answer = await predict({}, path=path)
    assert (answer.status, answer.json["error"]["code"]) == (404, "not_found")


async def test_a_private_endpoint_is_not_found() -> None:
    error = (await predict({"rows": [[1, 2]]}, path="/v1/endpoints/iris:predict")).json["error"]
    assert error["code"] == "endpoint_not_found"
