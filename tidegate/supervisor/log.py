"""The processes' log files."""

import os
from pathlib import Path

ROTATE_BYTES = 10 * 2**20
_TAIL_BYTES = 32 * 1024


def open_log(file: Path) -> int:
    """Open `file` for appending (0600) and return its descriptor, which the caller closes.

    A file above 10 MB becomes `<file>.1` first, in place of the one that was there. A process that
    runs keeps its file, so this bounds the growth by the number of starts only.
    """
    if file.exists() and file.stat().st_size > ROTATE_BYTES:
        file.replace(file.with_name(f"{file.name}.1"))
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def read_tail(file: Path, lines: int = 20) -> str:
    """The last `lines` of `file`; empty where there is none."""
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, os.SEEK_END)
            opened.seek(max(0, size - _TAIL_BYTES))
            text = opened.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
