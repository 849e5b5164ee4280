import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.errors import MalformedRequest, PayloadTooLarge
from registry.archive import ArchiveLimits, pack_archive
from tests.fakes.catalogue import FakeCatalogue
from tests.fakes.clock import FakeClock
from tests.samples import make_package
from tidegate.control.upload import UploadLimits, Uploads


async def chunks(content: bytes, size: int = 100) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def archive(folder: Path) -> bytes:
    pack_archive(make_package(folder / "package", "iris").folder, folder / "package.tar.gz")
    return (folder / "package.tar.gz").read_bytes()


def send(folder: Path, content: bytes, limits: UploadLimits) -> int:
    uploads = Uploads(FakeCatalogue(), folder / "run", FakeClock(), limits)
    return asyncio.run(uploads.publish(chunks(content))).version


def test_an_archive_in_pieces_is_published(tmp_path: Path) -> None:
    assert send(tmp_path, archive(tmp_path), UploadLimits()) == 1


@pytest.mark.parametrize(
    "limits",
    [UploadLimits(packed_bytes=50), UploadLimits(unpacked=ArchiveLimits(total_bytes=50))],
)
def test_more_than_the_limit_is_refused_and_nothing_stays(
    limits: UploadLimits, tmp_path: Path
) -> None:
    with pytest.raises(PayloadTooLarge):
        send(tmp_path, archive(tmp_path), limits)
    assert list((tmp_path / "run").iterdir()) == []


def test_noise_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(MalformedRequest):
        send(tmp_path, b"noise", UploadLimits())
    assert list((tmp_path / "run").iterdir()) == []
