"""Sources: kinds of input files. One file each in `serving/transform/sources`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from core.errors import InvalidSpec
from core.plugins import load
from core.signature import Signature
from serving.transform.part import Loaded, Part
from serving.transform.spec import ImageForm, TransformSpec

SOURCES: Mapping[str, str] = {
    "csv": "serving.transform.sources.csv:CsvSource",
    "jsonl": "serving.transform.sources.jsonl:JsonLinesSource",
    "parquet": "serving.transform.sources.parquet:ParquetSource",
    "images": "serving.transform.sources.images:ImageSource",
}
_BY_SUFFIX = {
    ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet",
    ".png": "images", ".jpg": "images", ".jpeg": "images", ".bmp": "images", ".webp": "images",
    ".gif": "images", ".tif": "images", ".tiff": "images",
}  # fmt: skip


class Source(Protocol):
    """Reads one kind of input, for models of one signature."""

    def __init__(self, signature: Signature, image: ImageForm) -> None: ...

    def split(self, files: tuple[Path, ...], part_rows: int) -> Iterator[Part]:
        """The input as parts, the same whenever it is asked; raises InvalidSpec."""
        ...

    def load(self, part: Part) -> Loaded:
        """Read a part; rows that cannot be read are faults. Raises InvalidSpec, OSError."""
        ...


def open_source(spec: TransformSpec, signature: Signature) -> tuple[Source, tuple[Path, ...]]:
    """The source of a spec's input, and its files in order; raises InvalidSpec."""
    found = Path(spec.input)
    files = tuple(sorted(one for one in found.rglob("*") if _is_input(one, found)))
    if found.is_file():
        files = (found,)
    name = spec.format if spec.format != "auto" else _guess(files)
    files = tuple(one for one in files if _BY_SUFFIX.get(one.suffix.lower()) == name) or files
    if not files:
        raise InvalidSpec("transform", {"input": f"no files at {found}"})
    source: Source = load("source", SOURCES, name)(signature, spec.image)
    return source, files


def _is_input(path: Path, root: Path) -> bool:
    hidden = any(part.startswith((".", "_")) for part in path.relative_to(root).parts)
    return path.is_file() and not hidden


def _guess(files: tuple[Path, ...]) -> str:
    kinds = {_BY_SUFFIX.get(one.suffix.lower()) for one in files} - {None}
    if len(kinds) != 1:
        known = ", ".join(sorted(_BY_SUFFIX))
        told = "files of several kinds" if kinds else f"no file ends in one of {known}"
        raise InvalidSpec("transform", {"format": f"{told}; say which `format` it is"})
    return str(kinds.pop())
