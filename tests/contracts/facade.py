"""What every facade must hold to."""

import pytest

from core.errors import EndpointNotFound, QueueFull, TidegateError, Unauthenticated
from core.http import ClientGone, Event
from gateway.budget import Budget
from gateway.facade import Exchange, Facade
from tests.fakes.gateway import KEY

BEARER = [(b"authorization", f"Bearer {KEY}".encode())]


class FacadeContract:
    """A subclass gives `facade`, over a FakeGateway's public entrance, and an inference: `path`, `body`."""

    @pytest.fixture
    def facade(self) -> Facade:
        raise AssertionError("a subclass gives this")

    @pytest.fixture
    def path(self) -> str:
        raise AssertionError("a subclass gives this")

    @pytest.fixture
    def body(self) -> bytes:
        raise AssertionError("a subclass gives this")

    async def test_an_inference_is_answered(self, facade: Facade, path: str, body: bytes) -> None:
        exchange = make_exchange(path, body)
        reply = await facade.answer(exchange)
        assert (reply.status in (200, 202), exchange.name) == (True, "flowers")

    async def test_its_paths_start_with_its_prefix(self, facade: Facade, path: str) -> None:
        assert path.startswith(facade.prefix)

    async def test_who_may_not_come_in_is_told_before_a_body_is_read(
        self, facade: Facade, path: str
    ) -> None:
        exchange = make_exchange(path, b"", headers=[])
        exchange.receive = refuse
        with pytest.raises(Unauthenticated):
            await facade.answer(exchange)

    async def test_a_body_that_is_cut_off_is_no_request(self, facade: Facade, path: str) -> None:
        exchange = make_exchange(path, b"")
        exchange.receive = leave
        with pytest.raises(ClientGone):
            await facade.answer(exchange)

    @pytest.mark.parametrize("garbage", [b"", b"[]", b"null", b"\xff\xfe", b'{"inputs": 1}'])
    async def test_garbage_is_the_callers_fault(
        self, facade: Facade, path: str, garbage: bytes
    ) -> None:
        with pytest.raises(TidegateError) as caught:
            await facade.answer(make_exchange(path, garbage))
        assert facade.write_error(caught.value).status == 400

    async def test_a_wrong_method_is_405(self, facade: Facade, path: str, body: bytes) -> None:
        reply = await facade.answer(make_exchange(path, body, method="PUT"))
        assert reply.status == 405

    def test_errors_keep_their_status_and_headers(self, facade: Facade) -> None:
        assert facade.write_error(EndpointNotFound("a")).status == 404
        full = facade.write_error(QueueFull("a", 2.0))
        assert full.status == 503
        assert (b"retry-after", b"2") in full.headers

    def test_a_crash_names_the_request_alone(self, facade: Facade) -> None:
        reply = facade.write_crash("id-1")
        assert reply.status == 500
        assert b"internal error, request id-1" in reply.body


def make_exchange(
    path: str,
    body: bytes,
    method: str = "POST",
    headers: list[tuple[bytes, bytes]] | None = None,
) -> Exchange:
    """An exchange whose body comes in one piece."""

    async def receive() -> Event:
        return {"type": "http.request", "body": body, "more_body": False}

    sent = BEARER if headers is None else headers
    scope = {"method": method, "headers": sent, "raw_path": path.encode(), "query_string": b""}
    return Exchange(scope, path, receive, "inf-1", 0.0, Budget(2**30))


async def refuse() -> Event:
    """A body that nobody should read."""
    raise AssertionError("the body was read")


async def leave() -> Event:
    """A client that is gone."""
    return {"type": "http.disconnect"}
