"""Packages that arrive as one archive: kept on the disk while they come, unpacked, published."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from core.clock import Clock
from core.errors import PayloadTooLarge
from registry.archive import ArchiveLimits, unpack_archive
from registry.catalogue import Catalogue, Version

DRAFT_PREFIX = "upload-"


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How many bytes an archive may have, and what it may hold."""

    packed_bytes: int = 4 * 2**30
    unpacked: ArchiveLimits = field(default_factory=ArchiveLimits)


class Uploads:
    """Publishes archives by way of a folder of its own under `folder`, which is removed in the end."""

    def __init__(
        self, catalogue: Catalogue, folder: Path, clock: Clock, limits: UploadLimits
    ) -> None:
        self._catalogue, self._folder, self._clock, self._limits = catalogue, folder, clock, limits

    async def publish(self, chunks: AsyncIterator[bytes]) -> Version:
        """Receive an archive and publish the package in it.

        Raises PayloadTooLarge before it keeps more than the limit, MalformedRequest and UnsafePath for
        a bad archive, and what `Catalogue.publish` raises.
        """
        draft = await asyncio.to_thread(self._open_draft)
        try:
            archive = Path(draft.name) / "package.tar.gz"
            await self._receive(chunks, archive)
            return await asyncio.to_thread(self._publish, archive, Path(draft.name) / "package")
        finally:
            await asyncio.to_thread(draft.cleanup)

    async def _receive(self, chunks: AsyncIterator[bytes], archive: Path) -> None:
        held = 0
        with await asyncio.to_thread(archive.open, "wb") as file:
            async for chunk in chunks:
                held += len(chunk)
                if held > self._limits.packed_bytes:
                    raise PayloadTooLarge(self._limits.packed_bytes)
                await asyncio.to_thread(file.write, chunk)

    def _open_draft(self) -> "tempfile.TemporaryDirectory[str]":
        self._folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=DRAFT_PREFIX, dir=self._folder)

    def _publish(self, archive: Path, folder: Path) -> Version:
        unpack_archive(archive, folder, self._limits.unpacked)
        return self._catalogue.publish(folder, now=self._clock.now())
