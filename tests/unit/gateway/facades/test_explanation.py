from dataclasses import replace

import pytest

from core.dtypes import DataType
from core.signature import Signature, TensorSpec
from core.tensor import Tensor
from gateway.authenticator import Trust
from gateway.entrance import PublicEntrance
from gateway.facade import Facade
from gateway.facades.explanation import ExplanationFacade
from gateway.upstream import UpstreamReply
from registry.records import Resident, Role
from tests.contracts.facade import FacadeContract
from tests.fakes.asgi import Answer, ask
from tests.fakes.gateway import (
    KEY,
    SIGNATURE,
    FakeGateway,
    make_directory,
    make_lease,
    make_reply,
    make_resident,
)

pytestmark = pytest.mark.anyio
PATH = "/v1/explain/flowers"
BODY = b'{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}]}'
VALUES = Tensor.of("scores.attributions", [[[0.5, -0.25], [0.0, 1.0]]])


def make_explainer() -> Resident:
    outputs = (TensorSpec("scores.attributions", DataType.FP64, (-1, -1, 2)),)
    signature = Signature(SIGNATURE.inputs, outputs, batched=True)
    return replace(
        make_resident(variant="explainer"),
        variant=make_resident().variant,
        role=Role.EXPLAINER,
        signature=signature,
    )


def make_gateway() -> FakeGateway:
    gateway = FakeGateway()
    explainer = make_explainer()
    directory = make_directory()
    served = replace(directory.serve("iris"), explainers=(explainer,))
    leases = {**directory.leases, explainer.id: (make_lease(explainer, "x1"),)}
    gateway.follower.adopt(
        replace(directory, endpoints={explainer.endpoint: served}, leases=leases)
    )

    async def answer(_message: bytes) -> UpstreamReply:
        return make_reply(outputs=(VALUES,))

    gateway.upstream.answers["x1:80"] = answer
    return gateway


class TestExplanationFacade(FacadeContract):
    @pytest.fixture
    def facade(self) -> Facade:
        return ExplanationFacade(*make_gateway().parts(PublicEntrance(Trust())))

    @pytest.fixture
    def path(self) -> str:
        return PATH

    @pytest.fixture
    def body(self) -> bytes:
        return BODY


async def explain(gateway: FakeGateway, path: str = PATH, body: bytes = BODY) -> Answer:
    return await ask(gateway.public, "POST", path, body, {"x-api-key": KEY})


@pytest.mark.parametrize("path", [PATH, f"{PATH}/versions/1"])
async def test_attributions_come_from_the_explainer(path: str) -> None:
    answer = await explain(make_gateway(), path)
    assert answer.status == 200
    assert answer.json["outputs"][0]["data"] == [0.5, -0.25, 0.0, 1.0]
    assert answer.json["model_name"] == "flowers"


async def test_a_package_that_does_not_ask_for_it_is_not_explained() -> None:
    answer = await explain(FakeGateway())
    assert answer.status == 501
    assert "does not ask for it" in answer.json["error"]


async def test_wrong_tensors_never_reach_it() -> None:
    answer = await explain(make_gateway(), body=BODY.replace(b"FP32", b"INT8"))
    assert answer.status == 400


async def test_other_paths_are_not_there() -> None:
    assert (await explain(make_gateway(), "/v1/explain/")).status == 404
    assert (await explain(make_gateway(), f"{PATH}/x/y/z")).status == 404
