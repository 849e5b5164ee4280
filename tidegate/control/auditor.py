"""The auditor: every change that is asked of the control API is written down, with before and after."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.http import ASGIApp, Event, Receive, Scope, Send, header
from registry.records import AuditEntry
from registry.tables.audit import AuditTable
from tidegate.control.actor import name_actor
from tidegate.control.naming import ACTOR

log = logging.getLogger(__name__)
_CHANGES = frozenset({"PUT", "POST", "PATCH", "DELETE"})
# Longer documents are not kept: an upload is no document.
_LONGEST = 256 * 2**10
HIDDEN = "(hidden)"
_SECRET = frozenset({"text", "secret_access_key", "digest", "token", "proof", "key"})


@dataclass(frozen=True, slots=True)
class Auditing:
    """What an auditor writes with."""

    table: AuditTable
    clock: Clock


class Auditor:
    """ASGI middleware inside the gate. What stood there before is asked of the API itself."""

    def __init__(self, app: ASGIApp, table: AuditTable, clock: Clock) -> None:
        self._app, self._table, self._clock = app, table, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a change is written down with its answer."""
        if scope["type"] != "http" or scope["method"] not in _CHANGES:
            await self._app(scope, receive, send)
            return
        before = await self._look(scope)
        answer = _Answer(send)
        await self._app(scope, receive, answer.send)
        said = (header(scope["headers"], ACTOR.encode()) or b"").decode("latin-1")
        entry = AuditEntry(
            at=self._clock.now(),
            actor=name_actor(said),
            action=scope["method"],
            subject=scope["path"],
            status=answer.status,
            before=before,
            after=answer.document if answer.status < 400 else None,
        )
        try:
            await asyncio.to_thread(self._table.add, entry)
        except SQLAlchemyError as error:
            log.warning(
                "a change of %s was not written down: %s", entry.subject, type(error).__name__
            )

    async def _look(self, scope: Scope) -> Any:
        """What a GET of the same path answers; nothing where there is none."""
        answer = _Answer(_nowhere)
        asked = {**scope, "method": "GET", "state": {}}
        asked["headers"] = [
            pair for pair in scope["headers"] if not pair[0].startswith(b"content-")
        ]
        await self._app(asked, _nothing, answer.send)
        return answer.document if answer.status == 200 else None


class _Answer:
    """Keeps what an answer says while it is passed on."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._body = b""
        self.status = 0

    async def send(self, event: Event) -> None:
        if event["type"] == "http.response.start":
            self.status = event["status"]
        elif len(self._body) <= _LONGEST:
            self._body += event.get("body", b"")
        await self._send(event)

    @property
    def document(self) -> Any:
        if not self._body or len(self._body) > _LONGEST:
            return None
        try:
            return hide(orjson.loads(self._body))
        except orjson.JSONDecodeError:
            return None


def hide(document: Any) -> Any:
    """The document without the values of secrets."""
    match document:
        case dict():
            return {
                name: HIDDEN if name in _SECRET and isinstance(value, str) else hide(value)
                for name, value in document.items()
            }
        case list():
            return [hide(item) for item in document]
    return document


async def _nowhere(_event: Event) -> None:
    return


async def _nothing() -> Event:
    return {"type": "http.request", "body": b"", "more_body": False}
