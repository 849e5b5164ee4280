"""One constructor opens every table."""

from dataclasses import fields

from registry.platform import Platform, open_platform
from registry.schema import metadata


def test_each_table_answers(platform: Platform) -> None:
    assert platform.endpoints.list() == ()
    assert platform.residents.list() == ()
    assert platform.leases.list() == ()
    assert platform.aliases.list() == ()
    assert platform.routes.list() == ()
    assert platform.keys.list() == ()
    assert platform.secrets.list(now=0.0) == ()
    assert platform.events.list("endpoint", "iris") == ()
    assert platform.jobs.list() == ()
    assert platform.monitors.list() == ()
    assert platform.async_requests.claim("c", 0.0, 1.0, 9) == ()
    assert platform.counters.list() == ()
    assert platform.stages.list() == ()
    assert platform.usage.list("2026-01-01", "2026-12-31") == ()
    assert platform.audit.list() == ()


def test_every_table_of_the_schema_has_its_place(platform: Platform) -> None:
    named = {field.name for field in fields(platform)}
    unplaced = {"deployments", "generations", "monitor_runs", "traffic", "shadows"}
    assert set(metadata.tables) - named <= unplaced


def test_two_that_open_the_same_url_see_the_same(platform: Platform) -> None:
    other = open_platform(platform.database.url)
    before = other.database.generation()
    with platform.database.write():
        pass
    assert other.database.generation() == before + 1
    other.database.close()
