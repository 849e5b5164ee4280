"""Parquet files, by their row groups."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from core.errors import InvalidSpec
from core.signature import Signature
from serving.transform.features import find_columns, load_table
from serving.transform.part import Loaded, Part, number_rows
from serving.transform.spec import ImageForm


class ParquetSource:
    """`.parquet`. A part is as many row groups as make `part_rows` rows, at least one."""

    def __init__(self, signature: Signature, image: ImageForm) -> None:
        del image
        self._signature = signature

    def split(self, files: tuple[Path, ...], part_rows: int) -> Iterator[Part]:
        """As `Source` says."""
        index = first_row = 0
        for file in files:
            start = rows = 0
            sizes = self._read_sizes(file)
            for group, size in enumerate(sizes):
                rows += size
                is_last = group + 1 == len(sizes)
                if rows and (is_last or rows + sizes[group + 1] > part_rows):
                    yield Part(index, str(file), start, group + 1, first_row, rows)
                    index, first_row, start, rows = index + 1, first_row + rows, group + 1, 0

    def load(self, part: Part) -> Loaded:
        """As `Source` says."""
        with parquet.ParquetFile(part.file) as opened:
            table = opened.read_row_groups(list(range(part.start, part.end)))
        return load_table(part, table, self._signature, number_rows(part, table.num_rows))

    def _read_sizes(self, file: Path) -> list[int]:
        try:
            with parquet.ParquetFile(file) as opened:
                find_columns(self._signature, opened.schema_arrow.names)
                meta = opened.metadata
                return [meta.row_group(group).num_rows for group in range(meta.num_row_groups)]
        except pa.ArrowException as error:
            raise InvalidSpec("transform", {"input": f"{file.name}: {error}"}) from error
