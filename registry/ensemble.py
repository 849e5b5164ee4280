"""The files of an ensemble: `ensemble.json`, and each step's own package in `steps/<name>/`.

So an ensemble's package holds all that it needs: its steps' versions may be withdrawn, and aliases move on.
"""

import json
import os
import shutil
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

from core.ensemble import EnsembleSpec
from core.errors import InvalidSpec, PackageCorrupt
from core.refs import ModelRef
from registry.manifest import MANIFEST_FILE
from registry.package import WARMUP_FILE, Package, open_package
from registry.paths import locate

RUNTIME = "ensemble"
ENSEMBLE_FILE = "ensemble.json"
STEPS = "steps"
_MAX_BYTES = 2**23
# Leads a reference to its version now, and that version's package with every file verified.
Fetch = Callable[[ModelRef], tuple[ModelRef, Package]]


def read_ensemble(file: Path) -> EnsembleSpec:
    """Read the file; raises InvalidSpec for one that cannot be read or says something else."""
    try:
        with file.open("rb") as opened:
            document: Any = json.loads(opened.read(_MAX_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidSpec("ensemble", {"file": f"cannot be read ({error})"[:300]}) from error
    return EnsembleSpec.read(document)


def step_path(name: str, path: str) -> str:
    """Where a file of a step's package lies in the ensemble's."""
    return f"{STEPS}/{name}/{path}"


def has_steps(root: Path, spec: EnsembleSpec) -> bool:
    """Whether every step's package is there already."""
    return all((root / step_path(step.name, MANIFEST_FILE)).is_file() for step in spec.steps)


def open_steps(root: Path, spec: EnsembleSpec) -> dict[str, Package]:
    """The steps' packages by the steps' names; raises PackageCorrupt, InvalidSpec, UnsafePath."""
    found: dict[str, Package] = {}
    for step in spec.steps:
        place = step_path(step.name, MANIFEST_FILE)
        if not locate(root, place).is_file():
            raise PackageCorrupt(
                place, f"the package of step '{step.name}' ({step.model}) is missing"
            )
        found[step.name] = open_package(root / STEPS / step.name)
    return found


def list_packages(package: Package) -> tuple[Package, ...]:
    """The package, and for an ensemble those of its steps and of theirs; raises as `open_steps` does."""
    if package.manifest.runtime != RUNTIME:
        return (package,)
    steps = open_steps(package.folder, read_ensemble(package.model_path))
    return (package, *chain.from_iterable(map(list_packages, steps.values())))


def gather_ensemble(source: Path, folder: Path, fetch: Fetch) -> Path:
    """Write the ensemble of the file `source` into `folder`, with its steps' packages beside it.

    Aliases become the versions that they mean now. Returns the new file. Raises InvalidSpec and what
    `fetch` raises.
    """
    spec = read_ensemble(source)
    steps = []
    for step in spec.steps:
        ref, package = fetch(ModelRef.parse(step.model))
        _link_package(package, folder / STEPS / step.name)
        steps.append(step.model_copy(update={"model": str(ref)}))
    pinned = spec.model_copy(update={"steps": tuple(steps)})
    file = folder / ENSEMBLE_FILE
    file.write_text(pinned.model_dump_json(indent=2, exclude_none=True) + "\n")
    warmup = source.parent / WARMUP_FILE
    if warmup.is_file():
        shutil.copyfile(warmup, folder / WARMUP_FILE)
    return file


def _link_package(package: Package, folder: Path) -> None:
    for entry in package.manifest.files:
        target = folder / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(package.folder / entry.path, target)
        except OSError:
            # Another disk, or one without links.
            shutil.copyfile(package.folder / entry.path, target)
    (folder / MANIFEST_FILE).write_bytes(package.manifest.write())
