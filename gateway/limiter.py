"""The limiter: charges each request to its plans before it is sent on."""

import asyncio
import logging
from dataclasses import dataclass
from itertools import count
from os import urandom

from core.clock import Clock
from core.errors import RateLimited, Unavailable
from core.http import Headers
from gateway.charge import Charge, Verdict, write_headers
from gateway.entrance import Admitted, Limit
from gateway.limit_store import LimitStore

log = logging.getLogger(__name__)
# How long a refusal is remembered here, so that who goes on asking costs the store nothing.
_REMEMBER_S = 1.0
# How long a store that did not answer is left alone.
_REST_S = 1.0
_MANY = 10_000


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a request holds until it has been answered."""

    charges: tuple[Charge, ...]
    holder: str


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What is told without asking the store, `until` then; the limit itself `ends` later."""

    until: float
    ends: float
    limit: str
    headers: Headers


class Limiter:
    """Belongs to one event loop. `fails_open`: requests pass while the store is down, else none does."""

    def __init__(self, store: LimitStore, clock: Clock, *, fails_open: bool = False) -> None:
        self._store = store
        self._clock = clock
        self._fails_open = fails_open
        self._refused: dict[str, _Refusal] = {}
        self._rests_until = 0.0
        self._mark = urandom(6).hex()
        self._count = count()
        self._giving: set[asyncio.Task[None]] = set()
        self.outages = 0

    def refuse_early(self, admitted: Admitted) -> None:
        """Raise RateLimited when a plan is known to be used up, before a body is read."""
        if not self._refused:
            return
        now = self._clock.now()
        for limit in admitted.limits:
            known = self._refused.get(limit.subject)
            if known is not None and known.until > now:
                admitted.caller.replied += known.headers
                raise RateLimited(limit.plan.name, known.limit, known.ends - now)

    async def take(self, admitted: Admitted, rows: int) -> Ticket | None:
        """Charge a request of so many rows; whoever gets a ticket gives it back.

        Tells the caller how it stands by headers. Raises RateLimited, and Unavailable when the store is
        down and limits are to hold even then.
        """
        if not admitted.limits:
            return None
        caller, now = admitted.caller, self._clock.now()
        charges = tuple(_charge(limit, rows, caller.held_bytes) for limit in admitted.limits)
        ticket = Ticket(charges, f"{self._mark}-{next(self._count)}")
        verdict = await self._ask(ticket, now)
        if verdict is None:
            return None
        headers = write_headers(charges, verdict, now)
        caller.replied += headers
        if verdict.refused is None:
            return ticket
        refused = charges[verdict.refused]
        self._remember(refused, verdict, headers, now)
        raise RateLimited(refused.plan.name, verdict.limit, verdict.retry_after_s)

    def give(self, ticket: Ticket) -> None:
        """The request was answered; nobody waits for the store to know."""
        if any(charge.plan.concurrency is not None for charge in ticket.charges):
            task = asyncio.get_running_loop().create_task(self._give(ticket))
            self._giving.add(task)
            task.add_done_callback(self._giving.discard)

    async def settle(self) -> None:
        """Wait until the store knows of everything that was given back."""
        await asyncio.gather(*self._giving)

    async def close(self) -> None:
        """Give everything back, and let the store go."""
        await self.settle()
        await self._store.close()

    async def _ask(self, ticket: Ticket, now: float) -> Verdict | None:
        if self._rests_until > self._clock.monotonic():
            self._do_without()
            return None
        try:
            return await self._store.take(ticket.charges, ticket.holder, now)
        except OSError as error:
            log.warning("limits cannot be counted: %s", error)
            self._rests_until = self._clock.monotonic() + _REST_S
            self._do_without()
            return None

    def _do_without(self) -> None:
        self.outages += 1
        if not self._fails_open:
            raise Unavailable("limits", "the store of limits does not answer")

    async def _give(self, ticket: Ticket) -> None:
        try:
            await self._store.give(ticket.charges, ticket.holder)
        except OSError as error:
            log.warning("a place could not be given back (it ends by itself): %s", error)

    def _remember(self, refused: Charge, verdict: Verdict, headers: Headers, now: float) -> None:
        if verdict.limit == "concurrency" or refused.plan.unit != "requests":
            return
        if len(self._refused) >= _MANY:
            self._refused.clear()
        wait_s = verdict.retry_after_s
        until = now + min(wait_s, _REMEMBER_S)
        self._refused[refused.subject] = _Refusal(until, now + wait_s, verdict.limit, headers)


def _charge(limit: Limit, rows: int, body_bytes: int) -> Charge:
    match limit.plan.unit:
        case "rows":
            return Charge(limit.plan, limit.subject, float(max(1, rows)))
        case "bytes":
            return Charge(limit.plan, limit.subject, float(max(1, body_bytes)))
    return Charge(limit.plan, limit.subject)
