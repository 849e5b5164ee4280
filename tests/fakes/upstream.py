"""An upstream without sockets: addresses answer as the test says."""

from collections.abc import Awaitable, Callable

from gateway.upstream import Broken, UpstreamReply

Answer = Callable[[bytes], Awaitable[UpstreamReply]]


class FakeUpstream:
    """Asks the coroutine that `answers` has for an address; nobody listens at any other."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, bytes]] = []
        self.is_closed = False

    async def ask(self, address: str, message: bytes, timeout_s: float) -> UpstreamReply:
        del timeout_s
        self.asked.append((address, message))
        answer = self.answers.get(address)
        if answer is None:
            raise Broken("cannot connect", is_refused=True)
        return await answer(message)

    def close(self) -> None:
        self.is_closed = True
