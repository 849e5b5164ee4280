from dataclasses import replace
from typing import Any

import orjson
import pytest

from core.errors import EndpointNotFound, Forbidden
from core.exposure import Exposure
from gateway.authenticator import Trust
from gateway.entrance import PrivateEntrance, PublicEntrance
from gateway.facades.documents import DocumentsFacade
from gateway.published import Published, StageView
from tests.contracts.facade import make_exchange
from tests.fakes.gateway import FakeGateway, make_directory

pytestmark = pytest.mark.anyio


def make_facade(*operations: str) -> DocumentsFacade:
    gateway = FakeGateway()
    route: dict[str, Any] = {"name": "flowers", "endpoint": "iris", "operations": operations}
    view = StageView("prod", Published.of(Exposure.read({"routes": [route]}), 1))
    gateway.follower.adopt(replace(make_directory(), stages={"prod": view}))
    return DocumentsFacade(*gateway.parts(PublicEntrance(Trust())))


async def test_a_route_that_offers_it_has_a_page_and_a_document() -> None:
    facade = make_facade("infer", "documents")
    page = await facade.answer(make_exchange("/docs/flowers", b"", "GET", []))
    assert (page.status, b"<html" in page.body) == (200, True)
    assert b"content-security-policy" in dict(page.headers)
    reply = await facade.answer(make_exchange("/docs/flowers/openapi.json", b"", "GET", []))
    document = orjson.loads(reply.body)
    assert "/v2/models/flowers/infer" in document["paths"]


async def test_others_have_none() -> None:
    with pytest.raises(Forbidden):
        await make_facade("infer").answer(make_exchange("/docs/flowers", b"", "GET", []))
    with pytest.raises(EndpointNotFound):
        await make_facade("documents").answer(make_exchange("/docs/iris", b"", "GET", []))
    posted = await make_facade("documents").answer(make_exchange("/docs/flowers", b"", "POST", []))
    assert posted.status == 405
    assert (await make_facade().answer(make_exchange("/docs/a/b/c", b"", "GET", []))).status == 404


async def test_privately_every_endpoint_has_one() -> None:
    facade = DocumentsFacade(*FakeGateway().parts(PrivateEntrance("open")))
    assert (await facade.answer(make_exchange("/docs/iris", b"", "GET", []))).status == 200


@pytest.mark.parametrize("path", ["/docs/flowers", "/docs/flowers/openapi.json"])
async def test_who_has_the_document_gets_it_once(path: str) -> None:
    facade = make_facade("infer", "documents")
    first = await facade.answer(make_exchange(path, b"", "GET", []))
    tag = dict(first.headers)[b"etag"]
    asked = [(b"if-none-match", tag)]
    again = await facade.answer(make_exchange(path, b"", "GET", asked))
    assert (again.status, again.body, dict(again.headers)[b"etag"]) == (304, b"", tag)
    assert dict(again.headers)[b"cache-control"] == b"no-cache"
    other = await facade.answer(make_exchange(path, b"", "GET", [*asked, (b"host", b"other")]))
    assert other.status == 200
