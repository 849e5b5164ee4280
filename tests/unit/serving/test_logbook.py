import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.refs import ReplicaId, ResidentId
from serving.logbook import MAX_REPLICAS, Voice, open_logbook, read_logbooks

RESIDENT = ResidentId("iris-main-1")


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Logger]:
    """The process's streams and log, put back afterwards."""
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    logger = logging.getLogger()
    handlers, level = [*logger.handlers], logger.level
    yield logger
    for handler in [one for one in logger.handlers if one not in handlers]:
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(level)


def test_what_is_logged_and_printed_can_be_read(tmp_path: Path, root: logging.Logger) -> None:
    open_logbook(tmp_path, RESIDENT, ReplicaId("r1"))
    logging.getLogger("serving").info("loaded")
    sys.stdout.write("from the mod")
    sys.stdout.write("el\n")
    sys.stderr.write("careful\n")
    text = read_logbooks(tmp_path, RESIDENT, 10)
    assert text.startswith("==> r1 <==\n")
    for said in ("INFO serving loaded", "model.stdout from the model", "model.stderr careful"):
        assert said in text


def test_only_the_last_lines_are_shown(tmp_path: Path, root: logging.Logger) -> None:
    open_logbook(tmp_path, RESIDENT, ReplicaId("r1"))
    for number in range(20):
        logging.getLogger("serving").info("line %d", number)
    text = read_logbooks(tmp_path, RESIDENT, 2)
    assert [line.split()[-1] for line in text.splitlines()[1:]] == ["18", "19"]


def test_a_resident_without_a_logbook_has_nothing_to_show(tmp_path: Path) -> None:
    assert read_logbooks(tmp_path, RESIDENT, 10) == ""


def test_the_oldest_replicas_are_forgotten(tmp_path: Path, root: logging.Logger) -> None:
    place = tmp_path / RESIDENT
    place.mkdir()
    for number in range(MAX_REPLICAS + 3):
        (place / f"r{number}.log").write_text("x\n")
    open_logbook(tmp_path, RESIDENT, ReplicaId("new"))
    assert len([*place.glob("*.log")]) == MAX_REPLICAS + 1


def test_a_line_without_an_end_is_bounded() -> None:
    voice = Voice(logging.getLogger("endless"), logging.INFO)
    for _ in range(10):
        voice.write("x" * 4000)
    assert len(voice._held) == 4000
    assert not voice.isatty()
