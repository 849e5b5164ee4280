"""Oversight of callers in one gateway process: lets them in, limits them, writes down what they did."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import aiohttp

from capture.tap import Tap
from core.clock import Clock
from core.plugins import load
from gateway.authenticator import Trust
from gateway.issuer import IssuerKeys
from gateway.journal import Journal
from gateway.ledger import Ledger
from gateway.limit_store import LIMIT_STORES, LimitStore
from gateway.limiter import Limiter
from gateway.metrics import RequestMetrics
from gateway.private import fetch
from gateway.settings import Settings
from gateway.task import running
from gateway.witness import Witness

OFF = "off"


@dataclass(frozen=True, slots=True)
class Oversight:
    """Its parts. The ledger is what the witness writes usage into."""

    trust: Trust
    limiter: Limiter
    witness: Witness
    ledger: Ledger


@asynccontextmanager
async def overseeing(
    settings: Settings, name: str, tap: Tap, session: aiohttp.ClientSession, clock: Clock
) -> AsyncIterator[Oversight]:
    """Oversee while inside; at the end what was seen is written."""
    issuer_keys = IssuerKeys(partial(fetch, session), clock)
    journal = None if settings.access_log == OFF else Journal(settings.access_log)
    ledger = Ledger(name)
    fails_open = settings.limits_outage == "open"
    limiter = Limiter(open_store(settings.limits_url), clock, fails_open=fails_open)
    async with AsyncExitStack() as beside:
        await beside.enter_async_context(running(issuer_keys.run()))
        if journal is not None:
            await beside.enter_async_context(running(journal.run()))
        beside.push_async_callback(limiter.close)
        yield Oversight(
            Trust(read_master(settings), issuer_keys),
            limiter,
            Witness(RequestMetrics(tap), ledger, journal, clock),
            ledger,
        )


def open_store(url: str) -> LimitStore:
    """The store of limits at a URL; this process's own without one."""
    kind = "redis" if url else "memory"
    store: LimitStore = load("limit store", LIMIT_STORES, kind)(url)
    return store


def read_master(settings: Settings) -> bytes:
    """The master secret of signing keys; none where nobody made one."""
    file = settings.signing_secret_file
    return file.read_bytes().strip() if file.is_file() else b""
