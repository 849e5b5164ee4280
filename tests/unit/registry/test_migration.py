"""The migrations make what the schema says, once, whoever comes first."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect

import registry.migration
from registry.database import Database
from registry.migration import migrate
from registry.platform import Platform, open_platform
from registry.schema import metadata

SCRIPTS = Path(registry.migration.__file__).parent / "migrations"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/platform.db"


def downgrade(url: str) -> set[str]:
    """Take every migration back; returns the tables that are left."""
    database = Database(url)
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["database"] = database
    command.downgrade(config, "base")
    with database.read() as connection:
        left = set(inspect(connection).get_table_names())
    database.close()
    return left


def test_the_migrated_tables_are_the_schema(platform: Platform) -> None:
    with platform.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_second_run_changes_nothing(url: str) -> None:
    migrate(url)
    platform = open_platform(url)
    with platform.database.write():
        pass
    before = platform.database.generation()
    migrate(url)
    assert platform.database.generation() == before
    platform.database.close()


def test_down_and_up_again(url: str) -> None:
    migrate(url)
    assert downgrade(url) == {"alembic_version"}
    migrate(url)
    platform = open_platform(url)
    assert platform.database.generation() == 1
    platform.database.close()


def test_the_file_is_its_owner_s_only(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/home/platform.db")
    assert (tmp_path / "home" / "platform.db").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_threads_migrate_a_fresh_file_at_once(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [url] * 4))
    platform = open_platform(url)
    assert platform.database.generation() == 1
    platform.database.close()


def test_processes_migrate_a_fresh_file_at_once(url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(4, mp_context=spawn) as pool:
        list(pool.map(migrate, [url] * 4))
    platform = open_platform(url)
    assert platform.database.generation() == 1
    platform.database.close()
