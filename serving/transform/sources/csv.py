"""CSV with a header line (RFC 4180), in UTF-8."""

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import numpy as np
import pyarrow as pa

from core.errors import InvalidSpec
from core.signature import Signature
from serving.transform.features import find_columns, load_table
from serving.transform.lines import read_first_line, read_span, split_lines
from serving.transform.part import Fault, Loaded, Part
from serving.transform.spec import ImageForm


class CsvSource:
    """`.csv`. Columns stay the text that they are; the model's are read as its numbers."""

    def __init__(self, signature: Signature, image: ImageForm) -> None:
        del image
        self._signature = signature

    def split(self, files: tuple[Path, ...], part_rows: int) -> Iterator[Part]:
        """As `Source` says."""
        for file in files:
            find_columns(self._signature, read_header(str(file)))
        return split_lines(files, part_rows, header=True, quoted=True)

    def load(self, part: Part) -> Loaded:
        """As `Source` says."""
        names = read_header(part.file)
        # Excel writes text of other encodings; what cannot be read is seen in its row.
        text = read_span(part).decode("utf-8", errors="replace")
        records: list[list[str]] = []
        rows: list[int] = []
        faults: list[Fault] = []
        reader = (record for record in csv.reader(StringIO(text, newline="")) if record)
        for row, record in enumerate(reader, part.first_row):
            if len(record) == len(names):
                records.append(record)
                rows.append(row)
            else:
                told = f"expected {len(names)} columns, given {len(record)}"
                faults.append(Fault(row, part.file, told))
        columns = zip(*records, strict=True) if records else ([] for _ in names)
        table = pa.table(
            {
                name: pa.array(column, pa.string())
                for name, column in zip(names, columns, strict=True)
            }
        )
        return load_table(part, table, self._signature, np.array(rows, np.int64), faults)


def read_header(file: str) -> list[str]:
    """The columns' names; raises InvalidSpec."""
    line = read_first_line(file).decode("utf-8-sig", errors="replace")
    names = next(csv.reader([line]), [])
    if not names or len(set(names)) != len(names):
        told = f"{Path(file).name}: the first line must name each column once"
        raise InvalidSpec("transform", {"input": told})
    return names
