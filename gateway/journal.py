"""The access log: one JSON object a line for each request. Keys, queries and bodies are never in it."""

import asyncio
import logging
import sys
from contextlib import closing
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import orjson

log = logging.getLogger(__name__)
_FLUSH_S = 0.5
_MAX_LINES = 50_000
_FILE_BYTES = 64 * 2**20
_FILES = 5


Line = tuple[Any, ...]
FIELDS = (
    "time", "listener", "request_id", "inference_id", "address", "method", "path", "stage", "route",
    "principal", "status", "ms", "bytes_in", "bytes_out", "trace_id",
)  # fmt: skip


class Journal:
    """Lines are written a few times a second, beside the event loop; more than it can hold are dropped."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lines: list[Line] = []
        self.dropped = 0

    def write(self, line: Line) -> None:
        """Take one line, whose values stand in the order of FIELDS."""
        if len(self._lines) >= _MAX_LINES:
            self.dropped += 1
        else:
            self._lines.append(line)

    async def run(self) -> None:
        """Write until cancelled; whoever cancels flushes what is left."""
        while True:
            await asyncio.sleep(_FLUSH_S)
            await asyncio.to_thread(self.flush)

    def flush(self) -> None:
        """Write what there is; a file that cannot be written costs its lines, not the gateway."""
        lines, self._lines = self._lines, []
        if not lines:
            return
        text = b"\n".join(map(_write, lines)).decode()
        try:
            with closing(self._open()) as handler:
                handler.emit(logging.makeLogRecord({"msg": text}))
        except OSError as error:
            self.dropped += len(lines)
            log.warning("the access log cannot be written: %s", error)

    def _open(self) -> logging.Handler:
        if self._path == "-":
            return logging.StreamHandler(sys.stdout)
        Path(self._path).parent.mkdir(parents=True, exist_ok=True)
        # Opened anew for each few lines, so that several workers and their rotations get along.
        return RotatingFileHandler(self._path, maxBytes=_FILE_BYTES, backupCount=_FILES)


def _write(line: Line) -> bytes:
    """Times come as Unix seconds, durations in seconds, paths as bytes."""
    document = dict(zip(FIELDS, line, strict=True))
    # As `isoformat` writes it, which orjson does in half the time.
    document["time"] = datetime.fromtimestamp(document["time"], UTC)
    document["path"] = document["path"].decode("latin-1")
    document["ms"] = round(document["ms"] * 1000, 3)
    return orjson.dumps(document)
