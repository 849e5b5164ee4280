"""The catalogue of models: packages as immutable versions, and aliases that move between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.errors import Conflict
from core.refs import AliasName, Digest, ModelName, ModelRef
from registry.manifest import Manifest
from registry.package import Package
from registry.records import Alias
from registry.tables.aliases import AliasTable


@dataclass(frozen=True, slots=True)
class Version:
    """A published package. `location` is its folder on the local disk, `created_at` Unix seconds."""

    model: ModelName
    version: int
    location: str
    digest: Digest
    manifest: Manifest
    created_at: float

    @property
    def ref(self) -> ModelRef:
        """Its name: `model:version`."""
        return ModelRef(self.model, self.version)


class Catalogue(Protocol):
    """Called by the control process and by jobs, from any thread; every call may wait for a disk or server.

    Numbers count up from 1 for each model and are never used again. Raises Unavailable when what
    it is built on cannot be reached.
    """

    def publish(self, folder: Path, *, now: float) -> Version:
        """Verify the package in `folder`, copy it, and give it the model's next number.

        A package whose digest the model has already keeps the number that it has. Raises
        PackageCorrupt, InvalidSpec, UnsafePath.
        """
        ...

    def get(self, model: ModelName, version: int) -> Version:
        """One version; raises NotFound, and PackageCorrupt when its manifest is lost."""
        ...

    def fetch(self, version: Version) -> Package:
        """The version's package with every file verified; raises PackageCorrupt, UnsafePath."""
        ...

    def models(self) -> tuple[ModelName, ...]:
        """All models by name."""
        ...

    def versions(self, model: ModelName) -> tuple[Version, ...]:
        """A model's versions, oldest first, but for those whose manifest is lost; raises NotFound."""
        ...

    def resolve(self, ref: ModelRef) -> Version:
        """The version that a reference means now; raises NotFound."""
        ...

    def point(
        self, model: ModelName, alias: AliasName, version: int, expected: int | None, now: float
    ) -> Alias:
        """Move an alias from version `expected` (None: it must not exist) to `version`.

        Raises NotFound for a version that is not there, InvalidName, and Conflict when the alias
        stands elsewhere: of two racing calls with the same `expected` one succeeds.
        """
        ...

    def rollback(self, model: ModelName, alias: AliasName, now: float) -> Alias:
        """Move an alias back to where it stood before its last move; twice is back and forth.

        Raises NotFound, and Conflict when it never moved or moves at this moment.
        """
        ...

    def aliases(self, model: ModelName) -> tuple[Alias, ...]:
        """A model's aliases by name."""
        ...


CATALOGUES: Mapping[str, str] = {"mlflow": "registry.catalogues.mlflow:MlflowCatalogue"}


def find_previous(aliases: AliasTable, model: ModelName, alias: AliasName) -> tuple[int, int]:
    """Where an alias stood before and stands now; raises NotFound and Conflict as `rollback` does."""
    here = aliases.get(model, alias)
    if here.previous is None:
        raise Conflict("alias", f"{model}@{alias}", "an earlier version", "none")
    return here.previous, here.version
