"""Bring the platform's tables to the newest form, once, under a lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config

from registry.database import Database
from registry.lock import alone

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(url: str, revision: str = "head") -> None:
    """Create or upgrade the tables at `url`; safe to call from many processes at once.

    A SQLite file is made readable by its owner only, since it holds signing secrets.
    """
    database = Database(url)
    try:
        with _alone(database.file):
            config = Config()
            config.set_main_option("script_location", str(_SCRIPTS))
            config.attributes["database"] = database
            command.upgrade(config, revision)
    finally:
        database.close()


@contextmanager
def _alone(file: Path | None) -> Iterator[None]:
    # A server serialises the migration itself (Alembic takes its lock); two processes that open
    # a fresh SQLite file do not.
    if file is None:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone(file.with_suffix(".lock")):
        file.touch(mode=0o600)
        yield
