"""Where published packages lie: one folder a model, one folder in it for each digest."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import InvalidInput, PackageCorrupt
from core.refs import Digest, ModelName, check_name
from registry.lock import alone
from registry.package import Package, copy_package, open_package, verify_package


class Shelf:
    """Packages under `folder`, never changed once they are there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def place(self, model: ModelName, digest: Digest) -> Path:
        """Where the package of this digest lies, or would lie."""
        return self._folder / check_name("model name", model) / digest.removeprefix("sha256:")

    @contextmanager
    def alone(self, model: ModelName) -> Iterator[None]:
        """Keep every other publisher of this model out, in all processes."""
        with alone(self._folder / check_name("model name", model) / ".lock"):
            yield

    def keep(self, package: Package) -> Path:
        """Copy the package to its place and return that; one that is whole there already stays.

        The place appears in one rename, with every file checked while it was copied. To be called
        within `alone`. Raises PackageCorrupt and UnsafePath.
        """
        target = self.place(ModelName(package.manifest.name), package.manifest.digest)
        if _is_whole(target, package.manifest.digest):
            return target
        draft = Path(tempfile.mkdtemp(dir=target.parent, prefix=".new-"))
        try:
            copy_package(package, draft)
            # What is there now is broken, or it would have stayed.
            shutil.rmtree(target, ignore_errors=True)
            draft.rename(target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return target

    def open(self, model: ModelName, digest: Digest) -> Package:
        """The package of this digest, its manifest checked; raises PackageCorrupt."""
        folder = self.place(model, digest)
        return _require(open_package(folder), digest)

    def verify(self, model: ModelName, digest: Digest) -> Package:
        """The same with every file read against its digest; raises PackageCorrupt, UnsafePath."""
        folder = self.place(model, digest)
        return _require(verify_package(folder), digest)


def _require(package: Package, digest: Digest) -> Package:
    found = package.manifest.digest
    if found != digest:
        raise PackageCorrupt(str(package.folder.name), f"the manifest's digest is {found}")
    return package


def _is_whole(folder: Path, digest: Digest) -> bool:
    try:
        _require(verify_package(folder), digest)
    except (PackageCorrupt, InvalidInput):
        return False
    return True
