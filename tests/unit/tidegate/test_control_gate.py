import asyncio

import pytest

from core.errors import Unauthenticated
from core.http import Event, Scope
from tests.fakes.control import FakeControl
from tidegate.control.gate import AdminGate


@pytest.mark.parametrize("token", ["", "other", "admin-token-and-more"])
def test_nobody_enters_without_the_token(token: str, control: FakeControl) -> None:
    with pytest.raises(Unauthenticated):
        control.enter(token).status()


async def _pass(gate: AdminGate, scope: Scope) -> list[Event]:
    sent: list[Event] = []

    async def receive() -> Event:
        return {"type": "http.request"}

    async def send(event: Event) -> None:
        sent.append(event)

    await gate(scope, receive, send)
    return sent


async def _app(scope: Scope, _receive: object, send: object) -> None:
    scope["entered"] = True


@pytest.mark.parametrize(
    ("given", "enters"),
    [
        (b"Bearer right", True),
        (b"bearer  right ", True),
        (b"Basic right", False),
        (b"right", False),
        (b"Bearer \xff", False),
        (None, False),
    ],
)
def test_the_scheme_is_bearer(given: bytes | None, *, enters: bool) -> None:
    headers = [] if given is None else [(b"authorization", given)]
    scope: Scope = {"type": "http", "headers": headers}
    sent = asyncio.run(_pass(AdminGate(_app, "right"), scope))
    assert scope.get("entered", False) is enters
    assert [event.get("status") for event in sent[:1]] == ([] if enters else [401])


def test_the_lifespan_needs_no_token() -> None:
    scope: Scope = {"type": "lifespan"}
    asyncio.run(_pass(AdminGate(_app, "right"), scope))
    assert scope["entered"]
