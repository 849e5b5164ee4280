"""JSON Lines: an object in each line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from core.signature import Signature
from serving.transform.features import load_table
from serving.transform.lines import read_span, split_lines
from serving.transform.part import Fault, Loaded, Part
from serving.transform.spec import ImageForm


class JsonLinesSource:
    """`.jsonl` and `.ndjson`."""

    def __init__(self, signature: Signature, image: ImageForm) -> None:
        del image
        self._signature = signature

    def split(self, files: tuple[Path, ...], part_rows: int) -> Iterator[Part]:
        """As `Source` says."""
        return split_lines(files, part_rows, header=False, quoted=False)

    def load(self, part: Part) -> Loaded:
        """As `Source` says."""
        records: list[dict[str, Any]] = []
        rows: list[int] = []
        faults: list[Fault] = []
        lines = (line for line in read_span(part).splitlines() if line.strip())
        for row, line in enumerate(lines, part.first_row):
            record = _read(line)
            if isinstance(record, dict):
                records.append(record)
                rows.append(row)
            else:
                faults.append(Fault(row, part.file, record))
        if not records:
            return Loaded(pa.table({}), {}, np.zeros(0, np.int64), tuple(faults))
        table = build_table(records)
        return load_table(part, table, self._signature, np.array(rows, np.int64), faults)


def build_table(records: list[dict[str, Any]]) -> pa.Table:
    """A column for each field; one whose values are of no one type becomes their JSON."""
    names = dict.fromkeys(name for record in records for name in record)
    return pa.table({name: _column([record.get(name) for record in records]) for name in names})


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        texts = [v if v is None or isinstance(v, str) else orjson.dumps(v).decode() for v in values]
        return pa.array(texts, pa.string())


def _read(line: bytes) -> dict[str, Any] | str:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return f"not JSON: {error}"
    return record if isinstance(record, dict) else "not a JSON object"
