"""Text files as parts: runs of whole records, found by one reading of the bytes."""

from collections.abc import Iterator
from pathlib import Path

from serving.transform.part import Part


def split_lines(
    files: tuple[Path, ...], part_rows: int, *, header: bool, quoted: bool
) -> Iterator[Part]:
    """Parts of `part_rows` records; a record is a line that is not empty.

    `header`: the first line of each file is none. `quoted`: a line break within quotes ends no record,
    as RFC 4180 has it (a quote within quotes is doubled, so their number decides).
    """
    index = first_row = 0
    for file in files:
        start = rows = 0
        for end, is_record in _records(file, header=header, quoted=quoted):
            if not is_record:
                start = end if not rows else start
                continue
            rows += 1
            if rows == part_rows:
                yield Part(index, str(file), start, end, first_row, rows)
                index, first_row, start, rows = index + 1, first_row + rows, end, 0
        if rows:
            yield Part(index, str(file), start, file.stat().st_size, first_row, rows)
            index, first_row = index + 1, first_row + rows


def read_span(part: Part) -> bytes:
    """The bytes of a part."""
    with Path(part.file).open("rb") as opened:
        opened.seek(part.start)
        return opened.read(part.end - part.start)


def read_first_line(file: str) -> bytes:
    """The first line of a file, with its end."""
    with Path(file).open("rb") as opened:
        return opened.readline()


def _records(file: Path, *, header: bool, quoted: bool) -> Iterator[tuple[int, bool]]:
    """Where each line ends, and whether a record ended there."""
    at = 0
    is_first, is_open = header, False
    with file.open("rb") as opened:
        for line in opened:
            at += len(line)
            if quoted and line.count(b'"') % 2:
                is_open = not is_open
            if is_open:
                continue
            yield at, not is_first and bool(line.strip())
            is_first = False
        if is_open:
            # Quotes that never close: what is left is one record, and a fault of the reader.
            yield at, True
