"""Transactions, the generation, and many writers at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from registry.database import Database
from registry.platform import Platform
from registry.schema import events

ROW = {"at": 1.0, "kind": "k", "subject": "s", "message": "m"}


def test_a_visible_write_moves_the_generation(platform: Platform) -> None:
    before = platform.database.generation()
    with platform.database.write():
        pass
    assert platform.database.generation() == before + 1


def test_a_write_that_nobody_needs_to_see_does_not(platform: Platform) -> None:
    before = platform.database.generation()
    with platform.database.write(visible=False) as connection:
        connection.execute(insert(events).values(**ROW))
    assert platform.database.generation() == before
    assert len(platform.events.list("k", "s")) == 1


def write_and_fail(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(events).values(**ROW))
        raise KeyError


def test_a_write_that_raises_leaves_nothing(platform: Platform) -> None:
    before = platform.database.generation()
    with pytest.raises(KeyError):
        write_and_fail(platform.database)
    assert platform.events.list("k", "s") == ()
    assert platform.database.generation() == before


def test_what_a_read_writes_is_not_kept(platform: Platform) -> None:
    with platform.database.read() as connection:
        connection.execute(insert(events).values(**ROW))
    assert platform.events.list("k", "s") == ()


def test_readers_are_not_held_up_by_a_writer(platform: Platform) -> None:
    before = platform.database.generation()
    with platform.database.write() as connection:
        connection.execute(insert(events).values(**ROW))
        assert platform.database.generation() == before


def test_many_writers_lose_no_write(platform: Platform) -> None:
    before = platform.database.generation()

    def write(_: int) -> None:
        with platform.database.write():
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(64)))
    assert platform.database.generation() == before + 64


def test_sqlite_is_in_wal_mode(platform: Platform) -> None:
    with platform.database.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"


@pytest.mark.parametrize(
    ("url", "file"), [("sqlite:////a/b.db", Path("/a/b.db")), ("sqlite://", None)]
)
def test_the_file_of_a_url(url: str, file: Path | None) -> None:
    assert Database(url).file == file
