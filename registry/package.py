"""Packages: a folder with a manifest and the files that it lists."""

import hashlib
import json
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.errors import Conflict, InvalidSpec, PackageCorrupt
from core.signature import Signature, TensorSpec
from registry.inspector import Inspection, inspect_model
from registry.labelling import name_columns
from registry.manifest import MANIFEST_FILE, FileEntry, Manifest, Option
from registry.paths import check_path, locate

SAMPLE_FILE = "sample.parquet"
# Requests that a replica answers itself before it takes traffic; beside the model, it comes along.
WARMUP_FILE = "warmup.json"
_MAX_MANIFEST_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Package:
    """A package on the local disk."""

    folder: Path
    manifest: Manifest

    @property
    def model_path(self) -> Path:
        """The model's file."""
        return self.folder / self.manifest.model_file

    def overrule(self, options: Mapping[str, Option]) -> "Package":
        """The package with a variant's options of the runtime over its own."""
        if not options:
            return self
        chosen = {**self.manifest.options, **options}
        return replace(self, manifest=self.manifest.model_copy(update={"options": chosen}))

    @property
    def sample_path(self) -> Path | None:
        """The baseline sample (Parquet), where there is one."""
        sample = self.manifest.sample
        return None if sample is None else self.folder / sample


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageDraft:
    """What a model's file does not say of itself.

    `features` names the columns of the one input that they fit; `labels` the classes by index.
    `sample` is a Parquet file with a column for each feature. `batched`, `inputs` and `outputs` overrule
    the inspection, and stand for it where a model says nothing of itself; `kind` names the inspector.
    """

    name: str
    description: str = ""
    features: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    sample: Path | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    lineage: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    batched: bool | None = None
    kind: str | None = None
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    streaming: bool = False
    requirements: tuple[str, ...] = ()


def build_package(source: Path, folder: Path, draft: PackageDraft) -> Manifest:
    """Make a package in `folder` from the model file or folder `source`, which is inspected and copied.

    Raises Conflict for a folder that holds something, InvalidSpec for a draft that does not fit the
    model or a sample without a feature's column, and what `Inspector.inspect` raises.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise Conflict("package folder", folder.name, "an empty folder", "files in it")
    found = inspect_model(source, draft.kind)
    draft = _name_features(draft, found)
    signature = _complete(found, draft)
    model_file = found.model_file or check_path(source.name)
    root = source if source.is_dir() else source.parent
    origins = {path: root / path for path in (model_file, *found.companions)}
    if (root / WARMUP_FILE).is_file():
        origins[WARMUP_FILE] = root / WARMUP_FILE
    if draft.sample is not None:
        _check_sample(draft.sample, draft.features)
        if SAMPLE_FILE in origins:
            raise InvalidSpec("package", {SAMPLE_FILE: "the model has a file of this name"})
        origins[SAMPLE_FILE] = draft.sample
    entries = [copy_file(origin, folder, path) for path, origin in sorted(origins.items())]
    notes = found.notes if draft.batched is None else (*found.notes, "the draft overruled this")
    manifest = Manifest.read(
        {
            "name": draft.name,
            "description": draft.description,
            "runtime": found.runtime,
            "platform": found.platform,
            "model_file": model_file,
            "files": entries,
            "signature": signature,
            "sample": None if draft.sample is None else SAMPLE_FILE,
            "metrics": dict(draft.metrics),
            "lineage": dict(draft.lineage),
            "options": {**found.options, **draft.options},
            "notes": notes,
            "requirements": draft.requirements,
        }
    )
    (folder / MANIFEST_FILE).write_bytes(manifest.write())
    return manifest


def open_package(folder: Path) -> Package:
    """Read the manifest only; raises PackageCorrupt, InvalidSpec or UnsafePath for a bad one."""
    try:
        with locate(folder, MANIFEST_FILE).open("rb") as file:
            text = file.read(_MAX_MANIFEST_BYTES + 1)
    except OSError as error:
        raise PackageCorrupt(MANIFEST_FILE, error.strerror or "cannot be read") from error
    if len(text) > _MAX_MANIFEST_BYTES:
        raise PackageCorrupt(MANIFEST_FILE, f"larger than {_MAX_MANIFEST_BYTES} bytes")
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PackageCorrupt(MANIFEST_FILE, "not JSON") from error
    return Package(folder, Manifest.read(document))


def verify_package(folder: Path) -> Package:
    """Open the package and read every file against its digest.

    Raises what `open_package` does, PackageCorrupt for a file that is missing or differs, and
    UnsafePath for a link. Files that the manifest does not list are left alone.
    """
    package = open_package(folder)
    for entry in package.manifest.files:
        _compare(entry, digest_file(folder, entry.path))
    return package


def copy_package(package: Package, folder: Path) -> None:
    """Copy the manifest and exactly the files that it lists, checking each while it is copied.

    Raises PackageCorrupt and UnsafePath as `verify_package` does.
    """
    for entry in package.manifest.files:
        source = _require_plain(package.folder, entry.path)
        _compare(entry, copy_file(source, folder, entry.path))
    (folder / MANIFEST_FILE).write_bytes(package.manifest.write())


def digest_file(folder: Path, path: str) -> FileEntry:
    """The size and digest of one file; raises PackageCorrupt when it cannot be read."""
    here = _require_plain(folder, path)
    try:
        with here.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return FileEntry(path=path, sha256=digest, size_bytes=file.tell())
    except OSError as error:
        raise PackageCorrupt(path, error.strerror or "cannot be read") from error


def copy_file(origin: Path, folder: Path, path: str) -> FileEntry:
    """Copy one file to `path` under `folder` and return the copy's size and digest."""
    target = folder / check_path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(origin, target)
    return digest_file(folder, path)


def _require_plain(folder: Path, path: str) -> Path:
    here = locate(folder, path)
    try:
        mode = here.stat().st_mode
    except OSError as error:
        raise PackageCorrupt(path, error.strerror or "cannot be read") from error
    if not stat.S_ISREG(mode):
        raise PackageCorrupt(path, "not a plain file")
    return here


def _compare(listed: FileEntry, found: FileEntry) -> None:
    if listed.size_bytes != found.size_bytes:
        raise PackageCorrupt(
            listed.path, f"{found.size_bytes} bytes, and the manifest says {listed.size_bytes}"
        )
    if listed.sha256 != found.sha256:
        raise PackageCorrupt(listed.path, "its SHA-256 is not the manifest's")


def _complete(found: Inspection, draft: PackageDraft) -> Signature:
    known = found.signature
    if draft.inputs and draft.outputs:
        rows = all(spec.shape[:1] == (-1,) for spec in (*draft.inputs, *draft.outputs))
        known = Signature(draft.inputs, draft.outputs, batched=rows)
    elif draft.inputs:
        known = replace(found.sign(), inputs=draft.inputs)
    elif draft.outputs:
        known = replace(found.sign(), outputs=draft.outputs)
    signature = name_columns(known or found.sign(), draft.features, draft.labels)
    signature = replace(signature, streaming=draft.streaming)
    return signature if draft.batched is None else replace(signature, batched=draft.batched)


def _name_features(draft: PackageDraft, found: Inspection) -> PackageDraft:
    """Explanations are of named features: where nobody names them, the sample's columns do.

    Raises InvalidSpec when the columns cannot be those of the one input.
    """
    if draft.features or draft.sample is None or "explain.method" not in draft.options:
        return draft
    columns = _read_columns(draft.sample)
    inputs = _complete(found, draft).inputs
    if len(inputs) == 1 and len(inputs[0].shape) == 2 and inputs[0].shape[1] == len(columns):
        return replace(draft, features=columns)
    told = f"the sample has {len(columns)} columns; name those of the features (--feature)"
    raise InvalidSpec("package", {"features": told})


def _check_sample(sample: Path, features: tuple[str, ...]) -> None:
    columns = _read_columns(sample)
    missing = [name for name in features if name not in columns]
    if missing:
        raise InvalidSpec("package", {"sample": f"no column for {', '.join(missing[:10])}"})


def _read_columns(sample: Path) -> tuple[str, ...]:
    # Replicas open packages and must not pay for Arrow.
    from pyarrow import ArrowException, parquet  # noqa: PLC0415 - see above

    try:
        return tuple(parquet.read_schema(sample).names)
    except (OSError, ArrowException) as error:
        raise InvalidSpec("package", {"sample": f"not readable as Parquet ({error})"}) from error
