"""Inspectors: they read a model's file and say what it takes and gives, without running it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.errors import InvalidSpec
from core.plugins import load
from core.signature import Signature


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found. `companions` are further files that the model needs, relative to its folder."""

    signature: Signature
    runtime: str
    platform: str
    companions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Inspector(Protocol):
    """Reads one kind of model file; called once for each package that is built."""

    def inspect(self, source: Path) -> Inspection:
        """Read the file at `source`; loads no weights and runs no code of the model.

        Raises PackageCorrupt for a file that cannot be read as this kind, InvalidSpec for a model
        that cannot be served (the text says what to change), UnsafePath for a companion elsewhere.
        """
        ...


# By the suffix of the model's file.
INSPECTORS: Mapping[str, str] = {"onnx": "registry.inspectors.onnx:OnnxInspector"}


def inspect_model(source: Path) -> Inspection:
    """Inspect a model file by its suffix; raises InvalidSpec for a kind that nobody can read."""
    suffix = source.suffix.lower().removeprefix(".")
    if suffix not in INSPECTORS:
        known = ", ".join(f".{name}" for name in INSPECTORS)
        raise InvalidSpec("model file", {"suffix": f"'{source.name}' is not one of {known}"})
    inspector: Inspector = load("inspector", INSPECTORS, suffix)()
    return inspector.inspect(source)
