"""What a package says of itself: `tidegate.json`."""

import hashlib
import json
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.refs import Digest
from core.signature import Signature
from core.spec import Named, Spec
from registry.paths import PackagePath

MANIFEST_FILE = "tidegate.json"
MAX_FILES = 10_000

# Also what MLflow takes as the key of a metric, a parameter or a tag; '/' groups them there.
Key = Annotated[str, Field(max_length=250, pattern=r"^\w[\w.: -]*(/\w[\w.: -]*)*$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Option = str | int | Finite | bool


class FileEntry(Spec):
    """One file of the package and what its bytes must hash to."""

    path: PackagePath
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size_bytes: int = Field(ge=0)


class Manifest(Spec):
    """A package's content and meaning.

    `sample` is a Parquet file of the package: the baseline sample. Its columns are the feature
    names, and perhaps `label` and `prediction`. `notes` say in words what the inspection found.
    `requirements` are pip's, for an environment
    of the replica's own.
    """

    format: Literal[1] = 1
    name: Named
    description: str = Field(default="", max_length=4000)
    runtime: str
    platform: str
    model_file: PackagePath
    files: tuple[FileEntry, ...] = Field(min_length=1, max_length=MAX_FILES)
    signature: Signature
    sample: PackagePath | None = None
    metrics: dict[Key, Finite] = Field(default_factory=dict, max_length=500)
    lineage: dict[Key, str] = Field(default_factory=dict, max_length=50)
    options: dict[Key, Option] = Field(default_factory=dict, max_length=50)
    notes: tuple[str, ...] = ()
    requirements: tuple[str, ...] = Field(default=(), max_length=200)

    @property
    def digest(self) -> Digest:
        """The package's identity: it covers every file, since it covers their digests.

        Defaults are left out, so that a field added later does not change older packages' digests.
        """
        document = self.model_dump(mode="json", exclude_defaults=True)
        canonical = json.dumps(
            document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        return Digest("sha256:" + hashlib.sha256(canonical.encode()).hexdigest())

    def write(self) -> bytes:
        """The manifest as the bytes of its file, for people to read too."""
        return self.model_dump_json(indent=2).encode() + b"\n"

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        paths = [entry.path for entry in self.files]
        known = set(paths)
        if len(known) != len(paths):
            raise ValueError("a file is listed twice")
        if MANIFEST_FILE in known:
            raise ValueError(f"{MANIFEST_FILE} cannot list itself")
        if any(parent in known for path in paths for parent in _parents(path)):
            raise ValueError("a file is listed as a folder too")
        for path in (self.model_file, self.sample):
            if path is not None and path not in known:
                raise ValueError(f"{path} is not among the files")
        return self


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]
