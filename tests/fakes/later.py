"""Asynchronous inference with real tables and files, over a gateway in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from capture.store import open_store
from core.errors import MalformedRequest
from gateway.authenticator import Trust
from gateway.courier import Courier, Effort
from gateway.deferral import answer_later
from gateway.desk import Desk, Terms
from gateway.entrance import Entrance, PrivateEntrance, PublicEntrance
from gateway.facade import Facade
from gateway.facades.asynchronous import AsynchronousFacade
from gateway.listener import Listener
from gateway.offers import Offers
from gateway.plane import DataPlane
from gateway.tracer import Tracer
from registry.migration import migrate
from registry.platform import Platform, open_platform
from tests.fakes.clock import FakeClock
from tests.fakes.gateway import FakeGateway

ALLOWED = "https://example.org/done"


def check_callback(url: str) -> str:
    if url != ALLOWED:
        raise MalformedRequest("not allowed")
    return url


class Later:
    """A desk, couriers, and both listeners with the asynchronous facade alone."""

    def __init__(self, platform: Platform, folder: Path, max_queued: int = 3) -> None:
        self.gateway = FakeGateway()
        self.clock: FakeClock = self.gateway.clock
        self.table = platform.async_requests
        self.spool = open_store(str(folder))
        terms = Terms(expires_s=60.0, max_queued=max_queued)
        self.desk = Desk(self.table, self.spool, check_callback, terms, self.clock)
        self.public = self._listen(PublicEntrance(Trust()))
        self.private = self._listen(PrivateEntrance("open"))

    def facade(self, entrance: Entrance) -> Facade:
        """The facade at an entrance."""
        return AsynchronousFacade(self._plane(entrance), self.gateway.scribe)

    def courier(
        self, name: str = "courier", max_attempts: int = 3, tracer: Tracer | None = None
    ) -> Courier:
        """One that answers by the gateway's plane."""
        plane = self._plane(PrivateEntrance("open"))
        one = self.gateway
        answer = answer_later(plane, one.follower, one.scribe, self.clock, tracer)
        effort = Effort(concurrency=2, max_attempts=max_attempts)
        return Courier(name, self.table, self.spool, answer, effort, self.clock)

    async def work(self, courier: Courier | None = None) -> None:
        """Take on what is due, and wait until it is done."""
        working = courier or self.courier()
        await working.look()
        await working.settle()

    def _plane(self, entrance: Entrance) -> DataPlane:
        one = self.gateway
        return DataPlane(
            entrance, one.follower, one.dispatcher, one.tap, one.clock, Offers(self.desk)
        )

    def _listen(self, entrance: Entrance) -> Listener:
        facades = {"asynchronous": self.facade(entrance)}
        return Listener(
            self._plane(entrance), facades, self.gateway.witness, self.gateway.budget, self.clock
        )


@contextmanager
def open_later(folder: Path, max_queued: int = 3) -> Iterator[Later]:
    """One with tables of its own in `folder`."""
    url = f"sqlite:///{folder}/platform.db"
    migrate(url)
    platform = open_platform(url)
    try:
        yield Later(platform, folder / "spool", max_queued)
    finally:
        platform.database.close()
