"""Packages the steps of an ensemble: published versions, copied from the platform's folder of packages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from core.errors import NotFound, PackageCorrupt, Unavailable
from core.refs import ModelRef
from tidegate.cli.connection import connect

if TYPE_CHECKING:
    # Loaded when an ensemble is packaged, not for `--help`.
    from registry.package import Package
    from tidegate.client import Client
    from tidegate.control.documents import VersionDocument

_SUFFIX, _KIND = "ensemble.json", "ensemble"


@contextmanager
def open_ensemble(source: Path, kind: str | None, out: Path) -> Iterator[Path]:
    """The source with its steps' packages beside it; what is no ensemble, or has them, stays as it is.

    Raises Unavailable when the platform, or its folder of packages, cannot be reached, NotFound for
    a step's version, InvalidSpec.
    """
    from registry.ensemble import gather_ensemble, has_steps, read_ensemble  # noqa: PLC0415 - as above

    is_ensemble = kind == _KIND or (kind is None and source.name.lower().endswith(_SUFFIX))
    if not is_ensemble or source.is_dir() or has_steps(source.parent, read_ensemble(source)):
        yield source
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    # Beside the package, so that large files can be linked instead of copied twice.
    with TemporaryDirectory(prefix=".ensemble-", dir=out.parent) as folder, connect() as client:
        yield gather_ensemble(source, Path(folder), lambda ref: fetch_step(client, ref))


def fetch_step(client: "Client", ref: ModelRef) -> tuple[ModelRef, "Package"]:
    """The version that a reference means now, and its package with every file verified."""
    from registry.package import verify_package  # noqa: PLC0415 - as above

    version = find_version(client, ref)
    folder = Path(version.location)
    if not folder.is_dir():
        detail = (
            f"its folder {folder} is not on this machine; package the ensemble where the platform "
            "runs, or put each step's package in 'steps/<step>/' beside the file"
        )
        raise Unavailable(str(ref), detail)
    package = verify_package(folder)
    if package.manifest.digest != version.digest:
        raise PackageCorrupt("tidegate.json", "the manifest is not the one that was published")
    return ModelRef(ref.model, version.version), package


def find_version(client: "Client", ref: ModelRef) -> "VersionDocument":
    """The version that a reference means now; raises NotFound."""
    model = client.models.get(ref.model)
    number = ref.version
    if ref.alias is not None:
        number = next((one.version for one in model.aliases if one.name == ref.alias), None)
    for version in model.versions:
        if version.version == number:
            return version
    raise NotFound("version", str(ref))
