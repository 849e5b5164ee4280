import logging
from typing import Any

import grpc
import pytest

from core.errors import QueueFull, TidegateError, Unauthenticated
from gateway.rpc.exchange import Exchange
from gateway.rpc.reception import Reception
from tests.fakes.gateway import FakeGateway

pytestmark = pytest.mark.anyio


class Aborted(Exception):
    """What grpc raises where an RPC is ended."""


class FakeContext:
    """What the reception asks of grpc's context."""

    def __init__(self, *metadata: tuple[str, str]) -> None:
        self._metadata = metadata
        self.trailing: dict[str, str] = {}

    def invocation_metadata(self) -> Any:
        return self._metadata

    def peer(self) -> str:
        return "ipv4:192.0.2.7:5000"

    def auth_context(self) -> dict[str, list[bytes]]:
        return {}

    def time_remaining(self) -> None:
        return None

    def set_trailing_metadata(self, metadata: Any) -> None:
        self.trailing = dict(metadata)

    async def abort(self, code: grpc.StatusCode, text: str) -> None:
        raise Aborted(code, text)


async def answer(
    gateway: FakeGateway, failure: BaseException | None, *metadata: tuple[str, str]
) -> dict[str, str]:
    """Run one RPC that holds 10 bytes for `garden` and fails so; returns its trailing metadata."""
    reception = Reception("public", gateway.witness, gateway.budget, gateway.clock)
    context = FakeContext(*metadata)

    async def step(exchange: Exchange) -> str:
        exchange.take(10)
        exchange.call("garden", "")
        if failure is not None:
            raise failure
        return "done"

    assert await reception.answer(context, step) == "done"
    return context.trailing


async def test_ids_are_told() -> None:
    sent = (("x-request-id", "mine"), ("x-tidegate-inference-id", "joined"))
    assert await answer(FakeGateway(), None, *sent) == dict(sent)
    assert (await answer(FakeGateway(), None))["x-request-id"]


@pytest.mark.parametrize(
    ("failure", "code", "counted"),
    [
        (QueueFull("q", 2.0), grpc.StatusCode.UNAVAILABLE, 'name="garden",status="503"'),
        (Unauthenticated(), grpc.StatusCode.UNAUTHENTICATED, 'name="",status="401"'),
        (TidegateError(), grpc.StatusCode.INTERNAL, 'name="garden",status="500"'),
    ],
)
async def test_errors_have_their_status_and_are_counted(
    failure: TidegateError, code: grpc.StatusCode, counted: str
) -> None:
    gateway = FakeGateway()
    with pytest.raises(Aborted) as caught:
        await answer(gateway, failure)
    assert caught.value.args == (code, str(failure))
    assert f'listener="public_grpc",{counted}' in gateway.metrics.write().decode()
    assert gateway.budget.held_bytes == 0


async def test_when_to_come_back_is_said() -> None:
    context = FakeContext()
    gateway = FakeGateway()
    reception = Reception("public", gateway.witness, gateway.budget, gateway.clock)

    async def step(_exchange: Exchange) -> None:
        raise QueueFull("q", 2.0)

    with pytest.raises(Aborted):
        await reception.answer(context, step)
    assert context.trailing["retry-after"] == "2"


async def test_a_crash_tells_the_request_alone(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(Aborted) as caught:
        await answer(FakeGateway(), ZeroDivisionError("secret"), ("x-request-id", "r-1"))
    assert caught.value.args == (grpc.StatusCode.INTERNAL, "internal error, request r-1")
    assert "r-1" in caplog.text


async def test_a_client_that_leaves_is_counted() -> None:
    gateway = FakeGateway()
    with pytest.raises(GeneratorExit):
        await answer(gateway, GeneratorExit())
    assert 'status="499"' in gateway.metrics.write().decode()
    assert gateway.budget.held_bytes == 0
