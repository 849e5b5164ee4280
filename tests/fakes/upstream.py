"""An upstream without sockets: addresses answer as the test says."""

from collections.abc import Awaitable, Callable

from gateway.flow import Flow
from gateway.upstream import Broken, UpstreamReply

Answer = Callable[[bytes], Awaitable[UpstreamReply]]


class FakeUpstream:
    """Asks the coroutine that `answers` has for an address; nobody listens at any other.

    A stream has the whole body at once, unless `flows` has one for the address. `released` has, for each
    stream that was closed, whether all of it was read.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.flows: dict[str, Flow] = {}
        self.asked: list[tuple[str, bytes]] = []
        self.once: list[bool] = []
        self.released: list[bool] = []
        self.is_closed = False

    async def ask(
        self, address: str, message: bytes, timeout_s: float, *, once: bool = False
    ) -> UpstreamReply:
        del timeout_s
        self.asked.append((address, message))
        self.once.append(once)
        answer = self.answers.get(address)
        if answer is None:
            raise Broken("cannot connect", is_refused=True)
        return await answer(message)

    async def stream(
        self, address: str, message: bytes, timeout_s: float, *, once: bool = False
    ) -> Flow:
        if address in self.flows:
            self.asked.append((address, message))
            return self.flows[address]
        reply = await self.ask(address, message, timeout_s, once=once)
        flow = self.make_flow(reply.status, reply.headers)
        flow.push(reply.body)
        flow.end()
        return flow

    def make_flow(
        self, status: int = 200, headers: list[tuple[bytes, bytes]] | None = None
    ) -> Flow:
        """A flow that the test feeds; closing it is noted in `released`."""

        def go_on() -> None:
            return

        return Flow(status, headers or [], 5.0, go_on, go_on, self.released.append)

    def close(self) -> None:
        self.is_closed = True
