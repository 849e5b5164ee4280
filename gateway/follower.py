"""Follows the platform's tables: the directory is never older than a poll interval or two."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.errors import TidegateError
from gateway.directory import Directory, read_directory
from registry.platform import Platform

log = logging.getLogger(__name__)
# Leases end without a write, so the tables are read again at least this often.
REREAD_S = 1.0


class Follower:
    """Holds the current directory. When the tables cannot be read, the last good one stays."""

    def __init__(self, platform: Platform, poll_s: float, clock: Clock) -> None:
        self._platform = platform
        self._poll_s = poll_s
        self._clock = clock
        self._read_at = float("-inf")
        self._changed = asyncio.Event()
        self.is_fresh = False
        self.directory = Directory()

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._poll_s)

    async def look(self) -> None:
        """Look once; an outage of the tables is logged when it begins and when it ends."""
        try:
            directory = await asyncio.to_thread(self._read)
        except (SQLAlchemyError, TidegateError, ValueError, OSError) as error:
            # Rows of a newer release that we cannot read are an outage too, not the end.
            if self.is_fresh:
                log.warning(
                    "tables out of reach (%s): the last reading stays", type(error).__name__
                )
            self.is_fresh = False
            return
        if not self.is_fresh:
            log.info("following the tables")
        self.is_fresh = True
        if directory is not None:
            self.adopt(directory)

    def adopt(self, directory: Directory) -> None:
        """Make this the current directory and wake whoever waits for a change."""
        self.directory = directory
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for_change(self, timeout_s: float) -> None:
        """Return at the next reading, or after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return

    def _read(self) -> Directory | None:
        now = self._clock.monotonic()
        is_due = now - self._read_at >= REREAD_S
        if not is_due and self._platform.database.generation() == self.directory.generation:
            return None
        directory = read_directory(self._platform, self._clock.now())
        self._read_at = now
        return directory
