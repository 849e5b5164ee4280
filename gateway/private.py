"""What only the private listener has: metrics, health, and the way to the control API."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import orjson
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from yarl import URL

from core.errors import Unavailable
from gateway.metrics import RequestMetrics
from gateway.runs import ReadCounters, write_runs

log = logging.getLogger(__name__)
# Headers of one connection, not of the message (RFC 9110, 7.6.1).
_HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
     "transfer-encoding", "upgrade", "host", "content-length")
)  # fmt: skip
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=600)


class ControlPassage:
    """The way to the control process: `/api/` is passed on, both ways as a stream."""

    def __init__(self, session: aiohttp.ClientSession, control_url: str) -> None:
        self._session = session
        self._control_url = control_url

    async def pass_on(self, request: Request) -> Response:
        """Pass one request on; 502 in the control API's error form when nobody answers there."""
        # As it came: what is written again may mean something else (`%2F`, `..`).
        target = request.scope["raw_path"] + b"?" + request.scope["query_string"]
        url = URL(self._control_url + target.decode("latin-1").removesuffix("?"), encoded=True)
        try:
            reply = await self._session.request(
                request.method,
                url,
                headers=_keep(request.headers.items()),
                data=request.stream() if _has_body(request) else None,
                allow_redirects=False,
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            detail = f"the control process does not answer ({type(error).__name__}); see its log"
            fields = {"subject": "control API", "detail": detail}
            document = {"error": {"code": "unavailable", "message": detail, **fields}}
            return JSONResponse(document, 502)
        return StreamingResponse(
            _relay(reply), reply.status, headers=dict(_keep(reply.headers.items()))
        )

    async def ask(
        self, method: str, path: str, credential: str, document: dict[str, Any] | None
    ) -> tuple[int, dict[str, Any]]:
        """A request of our own, in a caller's name; raises Unavailable when nobody answers there."""
        headers = {"authorization": credential, "content-type": "application/json"}
        body = None if document is None else orjson.dumps(document)
        url = URL(self._control_url + path, encoded=True)
        try:
            reply = await self._session.request(method, url, headers=headers, data=body)
            async with reply:
                return reply.status, dict(orjson.loads(await reply.read()))
        except (aiohttp.ClientError, TimeoutError, ValueError, TypeError) as error:
            raise Unavailable("control API", "the control process does not answer") from error


def build_private(
    metrics: RequestMetrics, passage: ControlPassage, read_counters: ReadCounters
) -> Starlette:
    """The private listener's rest."""

    async def show_metrics(_request: Request) -> Response:
        text = metrics.write()
        try:
            text += await asyncio.to_thread(write_runs, read_counters)
        except SQLAlchemyError:
            # What the gateway itself knows is told while the tables are away.
            log.warning("the replicas' counters cannot be read")
        return Response(text, media_type="text/plain; version=0.0.4")

    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    return Starlette(
        routes=[
            Route("/metrics", show_metrics),
            Route("/api/{path:path}", passage.pass_on, methods=methods),
        ],
        exception_handlers={404: _answer_not_found},
    )


async def _answer_not_found(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "Not Found"}, 404)


async def _relay(reply: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for chunk in reply.content.iter_any():
            yield chunk
    finally:
        reply.release()


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


def _keep(headers: Any) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]


def open_session() -> aiohttp.ClientSession:
    """A client that hands bodies on as they are; belongs to the running loop."""
    return aiohttp.ClientSession(timeout=_TIMEOUT, auto_decompress=False)


async def fetch(session: aiohttp.ClientSession, url: str) -> bytes:
    """What a public address answers with; raises OSError, TimeoutError. At most a mebibyte is read."""
    timeout = aiohttp.ClientTimeout(total=10)
    try:
        async with session.get(url, timeout=timeout, allow_redirects=False) as reply:
            if reply.status != 200:
                raise ConnectionError(f"{url} answers {reply.status}")
            return await reply.content.read(2**20 + 1)
    except aiohttp.ClientError as error:
        raise ConnectionError(f"{url}: {type(error).__name__}") from error
