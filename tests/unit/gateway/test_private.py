from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from core.http import ASGIApp
from gateway.metrics import RequestMetrics
from gateway.private import ControlPassage, build_private, open_session
from tests.fakes.asgi import ask
from tests.fakes.tap import FakeTap

pytestmark = pytest.mark.anyio


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with open_session() as session:
        yield session


@pytest.fixture
async def control() -> AsyncIterator[TestServer]:
    async def echo(request: web.Request) -> web.Response:
        body = await request.read()
        headers = {"x-path": request.raw_path, "x-token": request.headers.get("authorization", "")}
        return web.Response(status=207, body=body, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", echo)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


def build(session: ClientSession, url: str) -> ASGIApp:
    passage = ControlPassage(session, url.rstrip("/"))
    return build_private(RequestMetrics(FakeTap()), passage, list)


async def test_what_is_asked_reaches_control_as_it_is(
    session: ClientSession, control: TestServer
) -> None:
    app = build(session, str(control.make_url("/")))
    headers = {"authorization": "Bearer t", "transfer-encoding": "chunked"}
    path = "/api/v1/a%2Fb/../c?q=1&r=%20"
    answer = await ask(app, "PUT", path, [b"one", b"two"], headers)
    assert (answer.status, answer.body) == (207, b"onetwo")
    assert answer.header("x-path") == path
    assert answer.header("x-token") == "Bearer t"


async def test_a_request_without_a_body_passes(session: ClientSession, control: TestServer) -> None:
    app = build(session, str(control.make_url("/")))
    assert (await ask(app, "GET", "/api/v1/status")).status == 207


async def test_without_control_502_in_its_error_form(session: ClientSession) -> None:
    answer = await ask(build(session, "http://127.0.0.1:9"), "GET", "/api/v1/status")
    assert answer.status == 502
    error = answer.json["error"]
    assert (error["code"], error["subject"]) == ("unavailable", "control API")


async def test_metrics_are_shown(session: ClientSession) -> None:
    answer = await ask(build(session, "http://127.0.0.1:9"), "GET", "/metrics")
    assert answer.status == 200
    assert (answer.header("content-type") or "").startswith("text/plain; version=0.0.4")


async def test_the_rest_is_not_found(session: ClientSession) -> None:
    answer = await ask(build(session, "http://127.0.0.1:9"), "GET", "/docs")
    assert (answer.status, answer.json) == (404, {"error": "Not Found"})
