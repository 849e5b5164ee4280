"""Oversight of callers in one gateway process: lets them in, limits them, writes down what they did."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import aiohttp

from capture.tap import Tap
from core.clock import Clock
from core.plugins import load
from gateway.authenticator import Trust
from gateway.board import Board
from gateway.cache import ResponseCache
from gateway.follower import Follower
from gateway.issuer import IssuerKeys
from gateway.journal import Journal
from gateway.ledger import Ledger
from gateway.limit_store import LIMIT_STORES, LimitStore
from gateway.limiter import Limiter
from gateway.metrics import RequestMetrics
from gateway.private import fetch
from gateway.recall import Recall
from gateway.settings import Settings
from gateway.span_sink import SPAN_SINKS
from gateway.span_spool import SpanSpool
from gateway.task import running
from gateway.tracer import Tracer
from gateway.witness import Witness

OFF = "off"
_LOOK_S = 60.0
_MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Oversight:
    """Its parts. The ledger, of the gateway of this `name`, is what the witness writes usage into.

    `recall` is None where answers are not kept.
    """

    name: str
    trust: Trust
    limiter: Limiter
    witness: Witness
    ledger: Ledger
    recall: Recall | None


@asynccontextmanager
async def overseeing(
    settings: Settings, follower: Follower, tap: Tap, session: aiohttp.ClientSession, clock: Clock
) -> AsyncIterator[Oversight]:
    """Oversee while inside; at the end what was seen is written."""
    name = uuid4().hex
    issuer_keys = IssuerKeys(partial(fetch, session), clock)
    journal = None if settings.access_log == OFF else Journal(settings.access_log)
    ledger = Ledger(name)
    fails_open = settings.limits_outage == "open"
    limiter = Limiter(open_store(settings.limits_url), clock, fails_open=fails_open)
    board = Board(settings.board) if settings.gateway_workers > 1 else None
    recall = open_recall(settings.cache_mb, clock)
    spool = open_spool(settings.otlp_endpoint, name)
    metrics = RequestMetrics(
        tap,
        tuple if board is None else board.read_others,
        None if recall is None else recall.tally,
        None if spool is None else spool.counts,
    )
    async with AsyncExitStack() as beside:
        if spool is not None:
            spool.start()
            beside.push_async_callback(asyncio.to_thread, spool.close)
        if board is not None:
            beside.callback(lambda: board.post(metrics.export()))
            if recall is not None:
                # A worker that is gone keeps nothing.
                beside.callback(recall.store.clear)
            await beside.enter_async_context(running(board.run(metrics.export)))
        await beside.enter_async_context(running(issuer_keys.run()))
        await beside.enter_async_context(running(follow_issuers(follower, issuer_keys)))
        if journal is not None:
            beside.callback(journal.flush)
            await beside.enter_async_context(running(journal.run()))
        beside.push_async_callback(limiter.close)
        yield Oversight(
            name,
            Trust(read_master(settings), issuer_keys),
            limiter,
            Witness(metrics, ledger, journal, clock, open_tracer(spool, settings.trace_share)),
            ledger,
            recall,
        )


async def follow_issuers(follower: Follower, keys: IssuerKeys) -> None:
    """Let the keys be those of the issuers that any stage trusts, until cancelled."""
    while True:
        issuers = {
            (issuer.name, issuer.issuer, issuer.jwks_url): issuer
            for stage in follower.directory.stages.values()
            for published in (stage.live, stage.canary)
            if published is not None
            for trusted in published.issuers.values()
            for issuer in trusted
        }
        keys.adopt(tuple(issuers.values()))
        await follower.wait_for_change(_LOOK_S)


def open_recall(megabytes: int, clock: Clock) -> Recall | None:
    """The response cache of this process; none where it may hold nothing."""
    return Recall(ResponseCache(megabytes * _MEGABYTE), clock) if megabytes else None


def open_spool(url: str, instance: str) -> SpanSpool | None:
    """The spool in front of a collector at a URL; none without one."""
    return SpanSpool(load("span sink", SPAN_SINKS, "otlp")(url, instance)) if url else None


def open_tracer(spool: SpanSpool | None, share: float) -> Tracer | None:
    """The tracer that tells the spool; none without one."""
    return None if spool is None else Tracer(spool.offer, share)


def open_store(url: str) -> LimitStore:
    """The store of limits at a URL; this process's own without one."""
    kind = "redis" if url else "memory"
    store: LimitStore = load("limit store", LIMIT_STORES, kind)(url)
    return store


def read_master(settings: Settings) -> bytes:
    """The master secret of signing keys; none where nobody made one."""
    file = settings.signing_secret_file
    return file.read_bytes().strip() if file.is_file() else b""
