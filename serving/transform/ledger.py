"""The ledger: what is done of a transform, in its output folder, so that it can go on after a crash.

part-00000.csv            answered rows
errors/part-00000.jsonl   rows that were not, and why; there when there are any
.state/part-00000.json    written last: the part is done
.state/transform.json     what this folder is the output of
summary.json              written at the end
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pyarrow as pa
from pyarrow import csv, parquet

from core.errors import Conflict
from serving.transform.part import Fault, Part, PartResult

Writer = Callable[[pa.Table, Path], None]


@dataclass(frozen=True, slots=True)
class Ledger:
    """One output folder. Every file appears whole or not at all."""

    folder: Path

    def claim(self, identity: dict[str, Any]) -> None:
        """Begin, or go on; raises Conflict when the folder holds something else."""
        state = self.folder / ".state"
        digest = hashlib.sha256(orjson.dumps(identity, option=orjson.OPT_SORT_KEYS)).hexdigest()
        file = state / "transform.json"
        if file.exists():
            known = orjson.loads(file.read_bytes())["digest"]
            if known != digest:
                told = "the output of another transform, or its input has changed"
                raise Conflict("output folder", str(self.folder), "this transform's", told)
            return
        if self.folder.exists() and any(self.folder.iterdir()):
            raise Conflict("output folder", str(self.folder), "an empty folder", "files in it")
        state.mkdir(parents=True, exist_ok=True)
        place(file, orjson.dumps({"digest": digest, **identity}, option=orjson.OPT_INDENT_2))

    def done(self, parts: Iterable[Part]) -> dict[int, PartResult]:
        """Results of those parts that are done."""
        found: dict[int, PartResult] = {}
        for part in parts:
            file = self._marker(part)
            if file.exists():
                found[part.index] = PartResult.of(orjson.loads(file.read_bytes()))
        return found

    def keep(
        self, part: Part, table: pa.Table, faults: tuple[Fault, ...], result: PartResult, kind: str
    ) -> None:
        """Write a part's rows and faults, then say that it is done."""
        hidden = self.folder / f".{part.name}.{uuid4().hex[:8]}"
        WRITERS[kind](table, hidden)
        hidden.replace(self.folder / f"{part.name}.{kind}")
        if faults:
            (self.folder / "errors").mkdir(exist_ok=True)
            lines = b"".join(orjson.dumps(asdict(fault)) + b"\n" for fault in faults)
            place(self.folder / "errors" / f"{part.name}.jsonl", lines)
        place(self._marker(part), orjson.dumps(asdict(result)))

    def close(self, summary: dict[str, Any]) -> None:
        """Write the summary."""
        place(self.folder / "summary.json", orjson.dumps(summary, option=orjson.OPT_INDENT_2))

    def _marker(self, part: Part) -> Path:
        return self.folder / ".state" / f"{part.name}.json"


def place(file: Path, data: bytes) -> None:
    """Write a file that appears under its name when all of it is there."""
    hidden = file.with_name(f".{file.name}.{uuid4().hex[:8]}")
    hidden.write_bytes(data)
    hidden.replace(file)


def _write_jsonl(table: pa.Table, file: Path) -> None:
    with file.open("wb") as opened:
        for batch in table.to_batches(max_chunksize=4096):
            for record in batch.to_pylist():
                opened.write(orjson.dumps(record, default=str) + b"\n")


def _write_csv(table: pa.Table, file: Path) -> None:
    flat = {
        name: _flatten(table.column(name)) for name in table.column_names
    }  # CSV has no lists: they are written as JSON
    csv.write_csv(pa.table(flat), str(file))


def _flatten(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    if not pa.types.is_nested(column.type) and not pa.types.is_binary(column.type):
        return column
    values = column.to_pylist()
    return pa.array(
        [None if v is None else orjson.dumps(v, default=str).decode() for v in values], pa.string()
    )


def _write_parquet(table: pa.Table, file: Path) -> None:
    parquet.write_table(table, str(file))


WRITERS: dict[str, Writer] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "parquet": _write_parquet,
}
