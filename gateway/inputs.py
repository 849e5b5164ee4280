"""Inputs of asynchronous invocations that lie in a store: read from the one folder that is named for it."""

import asyncio

from capture.store import Store
from core.errors import Forbidden, NotFound, PayloadTooLarge


class Inputs:
    """What lies under `url`, and nothing else."""

    def __init__(self, url: str, store: Store) -> None:
        self._prefix = url.rstrip("/") + "/"
        self._store = store

    async def read(self, location: str, limit_bytes: int) -> bytes:
        """The bytes at a location; raises Forbidden for one elsewhere, NotFound, PayloadTooLarge."""
        path = location.removeprefix(self._prefix)
        if path == location or ".." in path.split("/") or path.startswith("/"):
            raise Forbidden("this gateway", "read inputs outside of TIDEGATE_ASYNC_INPUTS")
        try:
            if await asyncio.to_thread(self._store.size, path) > limit_bytes:
                raise PayloadTooLarge(limit_bytes)
            return await asyncio.to_thread(self._store.get, path)
        except FileNotFoundError as error:
            raise NotFound("input", location) from error
