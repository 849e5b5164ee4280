"""Packages as one `.tar.gz`, to travel; unpacking trusts nothing that the archive says."""

import gzip
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self, cast

from core.errors import MalformedRequest, PayloadTooLarge, UnsafePath
from registry.manifest import MANIFEST_FILE, MAX_FILES
from registry.package import open_package
from registry.paths import check_path, locate

_CHUNK = 2**20
# Extended headers are read into memory whole; a path of ours needs a fraction of this.
_MAX_HEADER = 2**16
_EXTENDED = frozenset(
    {
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
    }
)


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an archive may hold: bytes once unpacked, and entries."""

    total_bytes: int = 4 * 2**30
    files: int = MAX_FILES


def pack_archive(folder: Path, target: Path) -> None:
    """Write the package in `folder`, its manifest and the files that it lists, to the file `target`.

    The same package gives the same bytes. Raises what `open_package` does, and OSError.
    """
    package = open_package(folder)
    paths = [MANIFEST_FILE, *(entry.path for entry in package.manifest.files)]
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as packed,
        tarfile.open(mode="w|", fileobj=packed) as archive,
    ):
        for path in paths:
            source = locate(folder, path)
            entry = tarfile.TarInfo(path)
            entry.size = source.stat().st_size
            with source.open("rb") as file:
                archive.addfile(entry, file)


def unpack_archive(
    source: BinaryIO | Path, folder: Path, limits: ArchiveLimits = ArchiveLimits()
) -> None:
    """Unpack a `.tar.gz` into `folder`, which must be new or empty; reads within `limits` only.

    Raises UnsafePath for an entry that is not a plain file or folder with a plain relative path,
    or stands twice; PayloadTooLarge past the limit; MalformedRequest for a broken archive or too
    many entries. What was unpacked until then is the caller's to remove.
    """
    if isinstance(source, Path):
        with source.open("rb") as file:
            return unpack_archive(file, folder, limits)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(mode="r|gz", fileobj=source, tarinfo=_Header) as archive:
            _unpack(archive, folder, limits)
    except (tarfile.TarError, zlib.error, EOFError, UnicodeError, ValueError) as error:
        raise MalformedRequest(f"not a whole .tar.gz archive ({error})") from error
    except RecursionError as error:
        raise MalformedRequest("the archive nests extended headers") from error


class _Header(tarfile.TarInfo):
    """A header that is refused before its content is read into memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0 or (header.type in _EXTENDED and header.size > _MAX_HEADER):
            raise MalformedRequest("the archive has a header of unreasonable size")
        return header


def _unpack(archive: tarfile.TarFile, folder: Path, limits: ArchiveLimits) -> None:
    left = limits.total_bytes
    for count, entry in enumerate(archive, start=1):
        if count > limits.files:
            raise MalformedRequest(f"the archive has more than {limits.files} entries")
        name = entry.name.removeprefix("./")
        if entry.isdir() and name in (".", ""):
            continue
        check_path(name)
        if entry.isdir():
            continue
        if not entry.isreg() or entry.issparse():
            raise UnsafePath(name)
        if entry.size < 0 or entry.size > left:
            raise PayloadTooLarge(limits.total_bytes)
        left -= entry.size
        _write(archive, entry, locate(folder, name), name)


def _write(archive: tarfile.TarFile, entry: tarfile.TarInfo, target: Path, name: str) -> None:
    content = cast("BinaryIO", archive.extractfile(entry))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # "x": a second entry of the same name must not replace the first.
        with target.open("xb") as file:
            while chunk := content.read(_CHUNK):
                file.write(chunk)
    except (FileExistsError, NotADirectoryError) as error:
        raise UnsafePath(name) from error
