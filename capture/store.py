"""Where parts lie: a local folder, or an object store by its URL."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from typing import Any
from uuid import uuid4

import duckdb
import fsspec
import pyarrow as pa
from fsspec.implementations.arrow import ArrowFSWrapper
from fsspec.implementations.local import LocalFileSystem
from pyarrow import fs as arrow_fs

from core.errors import Unavailable


class Store:
    """Files below one root. A file is there wholly or not at all; names that start with `.` are hidden.

    Raises OSError where the storage does.
    """

    def __init__(self, filesystem: Any, root: str) -> None:
        self._filesystem = filesystem
        self._root = root.rstrip("/")

    @property
    def filesystem(self) -> Any:
        """The fsspec file system, for readers that take one."""
        return self._filesystem

    @property
    def is_local(self) -> bool:
        """Whether the files lie on this machine's disk."""
        return isinstance(self._filesystem, LocalFileSystem)

    def put(self, path: str, data: bytes | memoryview) -> None:
        """Write one file; it appears under its name when all of it is there."""
        whole = f"{self._root}/{path}"
        if not self.is_local:
            # An object appears when its upload ends, and a rename there would be a second copy.
            self._filesystem.pipe_file(whole, data)
            return
        final = PurePosixPath(whole)
        hidden = str(final.with_name(f".{final.name}.{uuid4().hex[:8]}.part"))
        self._filesystem.makedirs(str(final.parent), exist_ok=True)
        try:
            self._filesystem.pipe_file(hidden, data)
            self._filesystem.mv(hidden, whole)
        except OSError:
            if self._filesystem.exists(hidden):
                self._filesystem.rm_file(hidden)
            raise

    def size(self, path: str) -> int:
        """One file's size in bytes; raises FileNotFoundError."""
        return int(self._filesystem.size(f"{self._root}/{path}"))

    def get(self, path: str) -> bytes:
        """One file's bytes; raises FileNotFoundError."""
        data: bytes = self._filesystem.cat_file(f"{self._root}/{path}")
        return data

    def remove(self, path: str) -> None:
        """Remove one file; nothing happens when it is not there."""
        with suppress(FileNotFoundError):
            self._filesystem.rm_file(f"{self._root}/{path}")

    def remove_folder(self, path: str) -> None:
        """Remove a folder with all in it; nothing happens when it is not there."""
        with suppress(FileNotFoundError):
            self._filesystem.rm(f"{self._root}/{path}", recursive=True)

    def folders(self, path: str = "") -> tuple[str, ...]:
        """Names of the folders right below `path`, sorted; none when it is not there."""
        return self._names(path, "directory")

    def files(self, path: str) -> tuple[str, ...]:
        """The files right below `path`, sorted, as a reader of `filesystem` takes them."""
        whole = f"{self._root}/{path}".rstrip("/")
        found = (f"{whole}/{name}" for name in self._names(path, "file"))
        if self.is_local:
            return tuple(found)
        return tuple(self._filesystem.unstrip_protocol(name) for name in found)

    def _names(self, path: str, kind: str) -> tuple[str, ...]:
        whole = f"{self._root}/{path}".rstrip("/")
        # Asked anew each time: other processes write here.
        self._filesystem.invalidate_cache()
        try:
            found = self._filesystem.ls(whole, detail=True)
        except FileNotFoundError:
            return ()
        names = (
            entry["name"].rstrip("/").rpartition("/")[2] for entry in found if entry["type"] == kind
        )
        return tuple(sorted(name for name in names if not name.startswith(".")))


def open_store(url: str) -> Store:
    """The store at a local path or a URL (`s3://bucket/prefix?region=...`, or what fsspec knows)."""
    if url.startswith("s3://"):
        # Arrow's own client, since it needs no further package.
        filesystem, root = arrow_fs.FileSystem.from_uri(url)
        return Store(ArrowFSWrapper(filesystem), root)
    filesystem, root = fsspec.core.url_to_fs(url)
    return Store(filesystem, root)


@contextmanager
def guard_storage(url: str) -> Iterator[None]:
    """Raise Unavailable for whatever a storage or one of its readers raises within."""
    try:
        yield
    except (OSError, duckdb.Error, pa.ArrowException) as error:
        raise Unavailable(f"capture log {url}", str(error)) from error
