"""A replica's logbook: what it and its model say, in a file that people can read while it runs and after.

One folder for each resident, one file for each replica, bounded by rotation.
"""

import logging
import sys
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from core.refs import ReplicaId, ResidentId

MAX_BYTES = 5 * 2**20
KEPT = 2
MAX_REPLICAS = 20
_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_SUFFIX = ".log"


class Voice:
    """A text stream that writes its lines to a logger: what a model prints."""

    encoding = "utf-8"

    def __init__(self, logger: logging.Logger, level: int) -> None:
        self._logger = logger
        self._level = level
        self._held = ""

    def write(self, text: str) -> int:
        """Log each whole line; a part of one waits for the rest."""
        *lines, self._held = (self._held + text).split("\n")
        for line in lines:
            if line.strip():
                self._logger.log(self._level, "%s", line[:4000])
        # Text without an end must not grow without bound.
        self._held = self._held[-4000:]
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back but an unfinished line."""

    def isatty(self) -> bool:
        """No colours, please."""
        return False


def open_logbook(folder: Path, resident: ResidentId, replica: ReplicaId) -> None:
    """Send this process's log and standard streams to the replica's file."""
    place = folder / resident
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    _forget_oldest(place)
    handler = RotatingFileHandler(
        place / f"{replica}{_SUFFIX}", maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter(_FORMAT))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(min(root.level or logging.INFO, logging.INFO))
    sys.stdout = _speak("model.stdout", logging.INFO)
    sys.stderr = _speak("model.stderr", logging.WARNING)


def read_logbooks(folder: Path, resident: ResidentId, lines: int) -> str:
    """The last `lines` lines of each of the resident's replicas, oldest replica first."""
    place = folder / resident
    if not place.is_dir():
        return ""
    return "".join(_tail(file, lines) for file in _files(place))


def _files(place: Path) -> Iterator[Path]:
    yield from sorted(place.glob(f"*{_SUFFIX}"), key=lambda file: file.stat().st_mtime)


def _tail(file: Path, lines: int) -> str:
    with file.open("rb") as opened:
        opened.seek(0, 2)
        # Lines are short as a rule: a bounded piece of the end holds as many as were asked for.
        opened.seek(max(0, opened.tell() - min(MAX_BYTES, lines * 512)))
        text = opened.read().decode("utf-8", errors="replace")
    kept = text.splitlines()[-lines:]
    return "".join(f"{line}\n" for line in (f"==> {file.stem} <==", *kept))


def _forget_oldest(place: Path) -> None:
    for file in [*_files(place)][: -MAX_REPLICAS or None]:
        for one in place.glob(f"{file.name}*"):
            one.unlink(missing_ok=True)


def _speak(name: str, level: int) -> TextIO:
    return Voice(logging.getLogger(name), level)  # type: ignore[return-value]  # as much as print needs
