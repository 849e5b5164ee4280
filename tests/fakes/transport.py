"""An ASGI application behind httpx's synchronous client, without a socket."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from core.http import Receive, Scope, Send

App = Callable[[Scope, Receive, Send], Awaitable[None]]


class AppTransport(httpx.BaseTransport):
    """Each request runs the application in an event loop of its own; its lifespan is not run."""

    def __init__(self, app: App) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return asyncio.run(self._ask(request))

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        body = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)
