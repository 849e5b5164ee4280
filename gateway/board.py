"""The board: workers of one gateway post what they have counted, so that each can tell of all."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

Json = dict[str, Any]
POST_S = 1.0


class Board:
    """A folder with a file of each worker that there was since the foreman started.

    Those that are gone stay, so that no counter falls.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = folder / f"{os.getpid()}.json"

    def clear(self) -> None:
        """Begin anew: what a gateway before this one has counted is history."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for file in self._folder.glob("*.json"):
            file.unlink(missing_ok=True)

    def post(self, document: Json) -> None:
        """Write what this worker has counted; readers see the old file or the new one."""
        draft = self._own.with_suffix(".part")
        with suppress(OSError):
            draft.write_bytes(orjson.dumps(document))
            draft.replace(self._own)

    def read_others(self) -> list[Json]:
        """What the other workers have posted."""
        found: list[Json] = []
        for file in sorted(self._folder.glob("*.json")):
            if file != self._own:
                with suppress(OSError, orjson.JSONDecodeError):
                    found.append(orjson.loads(file.read_bytes()))
        return found

    async def run(self, export: Callable[[], Json]) -> None:
        """Post until cancelled."""
        while True:
            posting = asyncio.ensure_future(asyncio.to_thread(self.post, export()))
            try:
                await asyncio.shield(posting)
            except asyncio.CancelledError:
                # The thread goes on: it must not write over what is posted at the end.
                await posting
                raise
            await asyncio.sleep(POST_S)
