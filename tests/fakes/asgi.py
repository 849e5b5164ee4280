"""Asks an ASGI app without a socket."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from core.http import ASGIApp, Event, Headers, Scope


@dataclass(frozen=True, slots=True)
class Answer:
    """What an app answered."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        found = [value.decode() for key, value in self.headers if key == name.encode()]
        assert len(found) <= 1, f"{name} stands twice"
        return found[0] if found else None

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


async def ask(
    app: ASGIApp,
    method: str,
    path: str,
    body: bytes | Iterable[bytes] = b"",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request; a body of several pieces is sent in several events."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    events: list[Event] = [
        {"type": "http.request", "body": piece, "more_body": index + 1 < len(pieces)}
        for index, piece in enumerate(pieces)
    ]
    events.append({"type": "http.disconnect"})
    sent: list[Event] = []

    async def receive() -> Event:
        return events.pop(0)

    async def send(event: Event) -> None:
        sent.append(event)

    await app(make_scope(method, path, headers or {}), receive, send)
    start, *rest = sent
    return Answer(start["status"], start["headers"], b"".join(one.get("body", b"") for one in rest))


def make_scope(method: str, path: str, headers: Mapping[str, str]) -> Scope:
    """What a server tells an app of a request."""
    path, _, query = path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in headers.items()],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }
