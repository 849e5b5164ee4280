"""What every upstream must hold to."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from gateway.upstream import Broken, Upstream, UpstreamReply, read_reply

MESSAGE = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nhi"
Serve = Callable[[UpstreamReply], Awaitable[str]]


class UpstreamContract:
    """A subclass gives `upstream`, `serve`, which starts a replica and returns its address, and
    `deserted`, an address where nobody listens.
    """

    @pytest.fixture
    async def upstream(self) -> Upstream:
        raise AssertionError("a subclass gives this")

    @pytest.fixture
    def serve(self) -> Serve:
        raise AssertionError("a subclass gives this")

    @pytest.fixture
    def deserted(self) -> str:
        raise AssertionError("a subclass gives this")

    async def test_an_answer_comes_whole(self, upstream: Upstream, serve: Serve) -> None:
        address = await serve(UpstreamReply(200, [(b"x-one", b"1")], b"body" * 50_000))
        reply = await upstream.ask(address, MESSAGE, 5)
        assert (reply.status, reply.body) == (200, b"body" * 50_000)
        assert (b"x-one", b"1") in reply.headers

    async def test_an_errors_answer_is_an_answer(self, upstream: Upstream, serve: Serve) -> None:
        address = await serve(UpstreamReply(503, [], b"full"))
        assert (await upstream.ask(address, MESSAGE, 5)).status == 503

    async def test_a_stream_has_the_same_bytes(self, upstream: Upstream, serve: Serve) -> None:
        address = await serve(UpstreamReply(200, [(b"x-one", b"1")], b"body" * 50_000))
        flow = await upstream.stream(address, MESSAGE, 5)
        assert (flow.status, await read_reply(flow)) == (
            200,
            UpstreamReply(200, flow.headers, b"body" * 50_000),
        )

    async def test_nobody_there_is_refused_to_a_stream(
        self, upstream: Upstream, deserted: str
    ) -> None:
        with pytest.raises(Broken):
            await upstream.stream(deserted, MESSAGE, 5)

    async def test_many_at_once_get_their_own(self, upstream: Upstream, serve: Serve) -> None:
        addresses = [await serve(UpstreamReply(200, [], b"%d" % one)) for one in range(3)]
        asked = [upstream.ask(addresses[index % 3], MESSAGE, 5) for index in range(60)]
        replies = await asyncio.gather(*asked)
        assert [reply.body for reply in replies] == [b"%d" % (index % 3) for index in range(60)]

    async def test_nobody_there_is_refused(self, upstream: Upstream, deserted: str) -> None:
        with pytest.raises(Broken) as caught:
            await upstream.ask(deserted, MESSAGE, 5)
        assert caught.value.is_refused

    async def test_it_can_be_closed_twice(self, upstream: Upstream, serve: Serve) -> None:
        await upstream.ask(await serve(UpstreamReply(200, [], b"")), MESSAGE, 5)
        upstream.close()
        upstream.close()
