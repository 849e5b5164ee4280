from typing import Any

import orjson
import pytest

from core import errors
from core.http import Headers, Reply, Streamed
from gateway.authenticator import Trust
from gateway.entrance import PrivateEntrance, PublicEntrance
from gateway.facade import Facade
from gateway.facades.sagemaker import SageMakerFacade, find_exception
from tests.contracts.facade import BEARER, make_exchange
from tests.fakes.gateway import FakeGateway

pytestmark = pytest.mark.anyio
PATH = "/endpoints/flowers/invocations"
BODY = b"[[1, 2]]"


@pytest.fixture
def facade() -> SageMakerFacade:
    return SageMakerFacade(*FakeGateway().parts(PublicEntrance(Trust())))


async def ask(facade: Facade, path: str = PATH, body: bytes = BODY, **headers: str) -> Reply:
    sent: Headers = [
        *BEARER,
        *((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()),
    ]
    reply = await facade.answer(make_exchange(path, body, headers=sent))
    assert isinstance(reply, Reply)
    return reply


async def test_an_invocation_is_answered_with_the_services_headers(facade: SageMakerFacade) -> None:
    reply = await ask(facade, x_amzn_sagemaker_custom_attributes="a=1", accept="text/csv")
    found = dict(reply.headers)
    assert (reply.status, reply.body) == (200, b"1,0.25,0.75\n")
    assert found[b"x-amzn-invoked-production-variant"] == b"main"
    assert found[b"x-amzn-sagemaker-custom-attributes"] == b"a=1"
    assert found[b"content-type"] == b"text/csv"


async def test_an_inference_id_is_taken_over() -> None:
    gateway = FakeGateway(share=1.0)
    facade = SageMakerFacade(*gateway.parts(PrivateEntrance("open")))
    await ask(facade, "/endpoints/iris/invocations", x_amzn_sagemaker_inference_id="mine-1")
    assert gateway.tap.records[0].inference_id == "mine-1"
    with pytest.raises(errors.MalformedRequest):
        await ask(facade, "/endpoints/iris/invocations", x_amzn_sagemaker_inference_id="a b")


async def test_a_variant_is_targeted_where_the_route_allows_it() -> None:
    facade = SageMakerFacade(*FakeGateway().parts(PrivateEntrance("open")))
    path = "/endpoints/iris/invocations"
    assert (await ask(facade, path, x_amzn_sagemaker_target_variant="main")).status == 200
    with pytest.raises(errors.NotFound):
        await ask(facade, path, x_amzn_sagemaker_target_variant="none")


@pytest.mark.parametrize(
    "header", ["target_model", "target_container_hostname", "inference_component", "session_id"]
)
async def test_what_is_not_built_is_said(facade: SageMakerFacade, header: str) -> None:
    with pytest.raises(errors.UnsupportedOperation):
        await ask(facade, PATH, BODY, **{f"x_amzn_sagemaker_{header}": "x"})


async def test_a_stream_has_its_first_piece_and_ends(facade: SageMakerFacade) -> None:
    path = "/endpoints/flowers/invocations-response-stream"
    reply = await facade.answer(make_exchange(path, BODY, headers=BEARER))
    assert isinstance(reply, Streamed)
    assert dict(reply.headers)[b"content-type"] == b"application/vnd.amazon.eventstream"
    pieces = [piece async for piece in reply.pieces]
    assert len(pieces) == 1
    assert b"predictions" in pieces[0]


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (errors.MalformedRequest("x"), 400, "ValidationError"),
        (errors.EndpointNotFound("x"), 400, "ValidationError"),
        (errors.Unauthenticated(), 403, "AccessDeniedException"),
        (errors.RateLimited("gold", "rate", 2.0), 429, "ThrottlingException"),
        (errors.QueueFull("x", 1.0), 503, "ServiceUnavailable"),
        (errors.NoReplica("x"), 429, "ModelNotReadyException"),
        (errors.PredictionFailed("m", "x"), 424, "ModelError"),
        (errors.TidegateError(), 500, "InternalFailure"),
    ],
)
def test_errors_have_the_services_form(
    facade: SageMakerFacade, error: errors.TidegateError, status: int, kind: str
) -> None:
    reply = facade.write_error(error)
    document: dict[str, Any] = orjson.loads(reply.body)
    assert (reply.status, document["__type"]) == (status, kind)
    assert dict(reply.headers)[b"x-amzn-errortype"] == kind.encode()
    assert find_exception(type(error)) == (status, kind)


async def test_other_paths_and_verbs_are_none_of_it(facade: SageMakerFacade) -> None:
    assert (await ask(facade, "/endpoints/flowers")).status == 404
    assert (await facade.answer(make_exchange(PATH, BODY, "GET"))).status == 405
    assert facade.write_crash("id-1").status == 500


async def test_without_a_folder_of_inputs_there_is_no_asynchronous_invocation(
    facade: SageMakerFacade,
) -> None:
    with pytest.raises(errors.UnsupportedOperation, match="TIDEGATE_ASYNC_INPUTS"):
        await ask(facade, "/endpoints/flowers/async-invocations", b"")
