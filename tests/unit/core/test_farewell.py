"""Kept connections of a real server that leaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core.farewell import PoliteConnection
from core.http import ASGIApp, Receive, Reply, Scope, Send, send_reply
from core.listening import OPTIONS

pytestmark = pytest.mark.anyio
ASK = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n"


class Connection(PoliteConnection, HttpToolsProtocol):
    """Uvicorn's, which says good-bye."""


async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send_reply(send, Reply(200, [], b"body"))


@asynccontextmanager
async def connecting(
    app: ASGIApp,
) -> AsyncIterator[tuple[uvicorn.Server, asyncio.StreamReader, asyncio.StreamWriter]]:
    """A server, and a connection that it has answered on once."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, http=Connection, **OPTIONS)
    )
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield server, reader, writer
        finally:
            writer.close()


async def hear(reader: asyncio.StreamReader) -> bytes:
    """One whole answer."""
    return await reader.readuntil(b"body")


async def begin_to_leave(server: uvicorn.Server) -> "asyncio.Task[None]":
    """Let the server close its socket and tell its connections."""
    leaving = asyncio.create_task(server.shutdown())
    await asyncio.sleep(0)
    assert not server.servers[0].is_serving()
    return leaving


async def test_a_request_that_comes_while_we_leave_is_answered() -> None:
    async with connecting(answer) as (server, reader, writer):
        writer.write(ASK)
        assert b"connection: close" not in await hear(reader)
        leaving = await begin_to_leave(server)
        writer.write(ASK)
        assert b"\r\nconnection: close\r\n" in await hear(reader)
        assert await reader.read() == b""
        await leaving


async def test_who_says_nothing_is_closed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.farewell.LINGER_S", 0.0)
    async with connecting(answer) as (server, reader, writer):
        writer.write(ASK)
        await hear(reader)
        await server.shutdown()
        assert await reader.read() == b""
    assert server.server_state.connections == set()


async def test_what_is_being_answered_is_told_that_it_was_the_last() -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def wait(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await may_end.wait()
        await answer(scope, receive, send)

    async with connecting(wait) as (server, reader, writer):
        writer.write(ASK)
        await begun.wait()
        leaving = await begin_to_leave(server)
        may_end.set()
        assert b"\r\nconnection: close\r\n" in await hear(reader)
        await leaving


async def test_an_answer_whose_head_is_out_keeps_its_promise() -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def stream(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        begun.set()
        await may_end.wait()
        await send({"type": "http.response.body", "body": b"body"})

    async with connecting(stream) as (server, reader, writer):
        writer.write(ASK)
        await begun.wait()
        leaving = await begin_to_leave(server)
        may_end.set()
        assert b"connection: close" not in await hear(reader)
        writer.write(ASK)
        assert b"\r\nconnection: close\r\n" in await hear(reader)
        await leaving
