import asyncio

import pytest

from core.departure import EXTENSION, Departure, WhileThere
from core.http import Event, Receive, Scope, Send

pytestmark = pytest.mark.anyio


class Slow:
    """An app that waits for ever; `ended` tells that it was told to stop."""

    def __init__(self) -> None:
        self.begun, self.ended = asyncio.Event(), False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive, send
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True


async def receive() -> Event:
    return {"type": "http.disconnect"}


async def send(_event: Event) -> None:
    return


async def test_work_for_a_client_that_left_ends_quietly() -> None:
    app, departure = Slow(), Departure()
    scope = {"extensions": {EXTENSION: departure}}
    task = asyncio.create_task(WhileThere(app)(scope, receive, send))
    await app.begun.wait()
    departure.happen()
    await task
    assert app.ended


async def test_a_cancellation_of_ours_is_one() -> None:
    app, departure = Slow(), Departure()
    task = asyncio.create_task(
        WhileThere(app)({"extensions": {EXTENSION: departure}}, receive, send)
    )
    await app.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_left_before_is_not_worked_for() -> None:
    app, departure = Slow(), Departure()
    departure.happen()
    await WhileThere(app)({"extensions": {EXTENSION: departure}}, receive, send)
    assert not app.begun.is_set()


async def test_a_departure_between_requests_harms_none() -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive, send

    departure = Departure()
    await WhileThere(answer)({"extensions": {EXTENSION: departure}}, receive, send)
    departure.happen()
    await asyncio.sleep(0)


async def test_without_a_watched_connection_the_app_just_runs() -> None:
    seen: list[str] = []

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        del receive, send
        seen.append(scope["type"])

    await WhileThere(answer)({"type": "http"}, receive, send)
    assert seen == ["http"]
