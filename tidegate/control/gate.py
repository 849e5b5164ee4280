"""Nobody enters the control API without the admin token."""

import hmac
from collections.abc import Awaitable, Callable

import orjson

from core.errors import Unauthenticated
from core.http import JSON_TYPE, Receive, Reply, Scope, Send, header, send_reply
from core.statuses import headers_of, status_of
from tidegate.control.envelope import write_error

ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_SCHEME = b"bearer "


class AdminGate:
    """ASGI middleware: `Authorization: Bearer <admin token>` on every request, else 401."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it."""
        if scope["type"] == "lifespan" or self._admits(scope):
            await self._app(scope, receive, send)
        else:
            error = Unauthenticated("the admin token is required: Authorization: Bearer <token>")
            headers = [JSON_TYPE, *headers_of(error)]
            body = orjson.dumps(write_error(error))
            await send_reply(send, Reply(status_of(type(error)), headers, body))

    def _admits(self, scope: Scope) -> bool:
        given = header(scope.get("headers", ()), b"authorization") or b""
        if given[: len(_SCHEME)].lower() != _SCHEME:
            return False
        return hmac.compare_digest(given[len(_SCHEME) :].strip(), self._token)
