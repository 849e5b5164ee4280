"""The reporter: writes what the gateway has metered where the control process reads it."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from gateway.ledger import Ledger
from gateway.meter import Meter
from gateway.shadower import Shadower
from registry.platform import Platform

log = logging.getLogger(__name__)
REPORT_S = 1.0
# Bills are not read by the second.
USAGE_S = 5.0
# So that a burst of variants that wake up is a few writes, not one for each.
_SHORTEST_S = 0.05


class Reporter:
    """One gateway's. Tables that cannot be written lose a span, nothing else."""

    def __init__(
        self,
        name: str,
        platform: Platform,
        meter: Meter,
        shadower: Shadower,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._told_at = float("-inf")
        self._name, self._platform, self._clock = name, platform, clock
        self._meter, self._shadower = meter, shadower

    async def run(self) -> None:
        """Report until cancelled."""
        await self.report()
        while True:
            await self._meter.pause(REPORT_S)
            await self.report()
            await asyncio.sleep(_SHORTEST_S)

    async def report(self, *, is_last: bool = False) -> None:
        """Write once what has changed; usage less often, but for the last time."""
        now = self._clock.now()
        if is_last or now - self._told_at >= USAGE_S:
            self._told_at = now
            await self._tell_usage()
        traffic = self._meter.turn(self._name, now)
        comparisons = self._shadower.turn(self._name, now)
        if not traffic and not comparisons:
            return
        try:
            await asyncio.to_thread(self._platform.traffic.put, traffic)
            await asyncio.to_thread(self._platform.shadows.put, comparisons)
        except (SQLAlchemyError, OSError) as error:
            log.warning("traffic not written: %s", type(error).__name__)

    async def _tell_usage(self) -> None:
        usage = self._ledger.take()
        if not usage:
            return
        try:
            await asyncio.to_thread(self._platform.usage.add, usage)
        except (SQLAlchemyError, OSError) as error:
            self._ledger.put_back(usage)
            log.warning("usage not written yet: %s", type(error).__name__)
