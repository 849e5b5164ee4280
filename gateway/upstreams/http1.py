"""HTTP/1.1 over kept connections: one write, one parser, one future a request, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.flow import Flow
from gateway.link import Link
from gateway.upstream import Broken, UpstreamReply

MAX_IDLE = 256
Answer = TypeVar("Answer", UpstreamReply, Flow)


class Http1Upstream:
    """Connections by address; the one used last is used next, so that spare ones go idle and end."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle: dict[str, list[Link]] = {}

    async def ask(
        self, address: str, message: bytes, timeout_s: float, *, once: bool = False
    ) -> UpstreamReply:
        """Send on a kept connection or a new one, and keep it."""

        async def exchange(link: Link, ends_at: float) -> UpstreamReply:
            reply = await self._wait(link, link.ask(message), ends_at)
            self._keep(address, link)
            return reply

        return await self._send(address, timeout_s, exchange, once=once)

    async def stream(
        self, address: str, message: bytes, timeout_s: float, *, once: bool = False
    ) -> Flow:
        """Send as `ask` does; the connection is kept when the flow was read to its end."""

        async def exchange(link: Link, ends_at: float) -> Flow:
            def release(is_whole: bool) -> None:  # noqa: FBT001 - a callback's only argument
                if is_whole:
                    self._keep(address, link)
                else:
                    link.abort()

            return await self._wait(link, link.stream(message, timeout_s, release), ends_at)

        return await self._send(address, timeout_s, exchange, once=once)

    async def _send(
        self,
        address: str,
        timeout_s: float,
        exchange: Callable[[Link, float], Awaitable[Answer]],
        *,
        once: bool,
    ) -> Answer:
        ends_at = self._loop.time() + timeout_s
        # A kept connection may have been closed while the request was on its way; that costs a new one.
        kept = None if once else self._take(address)
        was_sent = False
        if kept is not None:
            try:
                return await exchange(kept, ends_at)
            except Broken as error:
                if kept.has_answered:
                    raise
                was_sent = error.was_sent
        return await exchange(await self._open(address, ends_at, was_sent=was_sent), ends_at)

    async def _wait(self, link: Link, answer: "asyncio.Future[Answer]", ends_at: float) -> Answer:
        timer = self._loop.call_at(ends_at, link.time_out)
        try:
            return await answer
        except asyncio.CancelledError:
            link.abort()
            raise
        finally:
            timer.cancel()

    def close(self) -> None:
        """Close all kept connections."""
        for kept in self._idle.values():
            for link in kept:
                link.abort()
        self._idle.clear()

    def _take(self, address: str) -> Link | None:
        kept = self._idle.get(address)
        while kept:
            link = kept.pop()
            if link.is_open:
                return link
        return None

    async def _open(self, address: str, ends_at: float, *, was_sent: bool) -> Link:
        host, _, port = address.rpartition(":")
        try:
            async with asyncio.timeout_at(ends_at):
                _, link = await self._loop.create_connection(Link, host, int(port))
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            detail = f"cannot connect: {error.strerror or error}"
            raise Broken(detail, is_refused=True, was_sent=was_sent) from error
        return link

    def _keep(self, address: str, link: Link) -> None:
        kept = self._idle.setdefault(address, [])
        if link.is_open and len(kept) < MAX_IDLE:
            kept.append(link)
        else:
            link.abort()
