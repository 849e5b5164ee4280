"""A model as people have it: a file, a folder, or a `.tar.gz` of a folder, as SageMaker keeps models."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from registry.archive import ArchiveLimits, unpack_archive

_SUFFIXES = (".tar.gz", ".tgz")
# Of one's own disk and one's own model: it only has to end.
_LIMITS = ArchiveLimits(total_bytes=64 * 2**30)


@contextmanager
def open_source(source: Path, limits: ArchiveLimits = _LIMITS) -> Iterator[Path]:
    """The file or folder to inspect; an archive is unpacked into a folder that lasts as long.

    Raises what `registry.archive.unpack_archive` does.
    """
    if not source.name.lower().endswith(_SUFFIXES) or source.is_dir():
        yield source
        return
    with TemporaryDirectory(prefix="tidegate-") as folder:
        unpack_archive(source, Path(folder), limits)
        yield Path(folder)
