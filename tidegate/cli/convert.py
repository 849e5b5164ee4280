"""The option `--convert` of `tidegate models package`."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from registry.package import PackageDraft

# Runtimes whose models it is for.
CONVERTIBLE = ("sklearn", "xgboost", "lightgbm")


@contextmanager
def converted(
    source: Path, draft: "PackageDraft", form: str | None
) -> Iterator[tuple[Path, "PackageDraft", tuple[str, ...]]]:
    """What to package, as which draft, and what to tell; the file lasts as long."""
    if form is None:
        yield source, draft, ()
        return
    if form != "onnx":
        raise typer.BadParameter("onnx is the one form that models are converted to")
    from tidegate.conversion import convert  # noqa: PLC0415 - seconds, and only here

    with tempfile.TemporaryDirectory(prefix="tidegate-") as folder:
        found = convert(source, draft, Path(folder))
        told = f"converted: its answers differ by {found.difference:.1g} of their scale at most"
        yield found.path, replace(draft, kind="onnx", inputs=(), outputs=(), batched=None), (told,)
