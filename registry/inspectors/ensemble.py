"""An ensemble: `ensemble.json` and its steps' packages; what it takes and gives follows from them."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from core.dataflow import trace
from core.ensemble import EnsembleSpec
from core.errors import InvalidSpec
from core.refs import ModelRef
from registry.ensemble import ENSEMBLE_FILE, RUNTIME, STEPS, has_steps, read_ensemble, step_path
from registry.inspector import Inspection
from registry.manifest import MANIFEST_FILE, Manifest
from registry.package import Package, verify_package


class EnsembleInspector:
    """The file, or the folder with it; every step's package is verified and comes along."""

    def inspect(self, source: Path) -> Inspection:
        """As `Inspector` says; raises InvalidSpec with each step that does not fit."""
        file = source / ENSEMBLE_FILE if source.is_dir() else source
        spec = read_ensemble(file)
        packages = _verify_steps(file.parent, spec)
        flow = trace(spec, {name: one.manifest.signature for name, one in packages.items()})
        models = {step.name: step.model for step in spec.steps}
        return Inspection(
            signature=flow.signature,
            runtime=RUNTIME,
            platform="ensemble",
            companions=tuple(
                step_path(name, path)
                for name, package in packages.items()
                for path in (MANIFEST_FILE, *(entry.path for entry in package.manifest.files))
            ),
            notes=tuple(
                f"step {name}: {models[name]} in {package.manifest.runtime}"
                for name, package in packages.items()
            ),
            model_file=file.name,
        )


def _verify_steps(root: Path, spec: EnsembleSpec) -> dict[str, Package]:
    if not has_steps(root, spec):
        how = (
            "`tidegate models package` copies the published versions there while the platform runs"
        )
        fault = f"each step's package belongs in '{STEPS}/<step>/' beside the file; {how}"
        raise InvalidSpec("ensemble", {"steps": fault})
    found = {step.name: verify_package(root / STEPS / step.name) for step in spec.steps}
    faults: dict[str, str] = {}
    for step in spec.steps:
        ref, name = ModelRef.parse(step.model), found[step.name].manifest.name
        place = f"steps.{step.name}.model"
        if ref.version is None:
            faults[place] = f"'{step.model}' may move; write a version, as {ref.model}:1"
        elif ref.model != name:
            faults[place] = f"the package in '{STEPS}/{step.name}' is of the model '{name}'"
    faults = faults or _check_modules(found)
    if faults:
        raise InvalidSpec("ensemble", faults)
    return found


def _check_modules(packages: Mapping[str, Package]) -> dict[str, str]:
    """Faults of steps whose authors' modules have the same name and are not the same.

    They share a process, and Python keeps one module of a name there.
    """
    faults: dict[str, str] = {}
    first: dict[str, tuple[str, frozenset[tuple[str, str]]]] = {}
    for step, package in packages.items():
        for module, files in _list_modules(package.manifest).items():
            other, known = first.setdefault(module, (step, files))
            if known != files:
                fault = f"brings another module '{module}' than step '{other}'; rename one of them"
                faults[f"steps.{step}.model"] = fault
    return faults


def _list_modules(manifest: Manifest) -> dict[str, frozenset[tuple[str, str]]]:
    """What can be imported beside the model, by its name: each file's path and digest."""
    roots = (f"{PurePosixPath(manifest.model_file).parent}/", "code/")
    # These are imported under names of their own.
    entries = (manifest.model_file, str(manifest.options.get("module", "")).partition(":")[0])
    found: dict[str, set[tuple[str, str]]] = {}
    for file in manifest.files:
        if not file.path.endswith(".py") or file.path in entries:
            continue
        root = next((root for root in roots if file.path.startswith(root)), "")
        path = file.path.removeprefix(root)
        found.setdefault(path.partition("/")[0].removesuffix(".py"), set()).add((path, file.sha256))
    return {name: frozenset(files) for name, files in found.items()}
