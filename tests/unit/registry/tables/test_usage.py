"""Usage of routes by callers."""

from dataclasses import replace

from registry.platform import Platform
from registry.records import Usage

ONE = Usage("g1", "2026-11-24", "flowers", "ann", requests=2, refused=1, rows=7, bytes_in=100)


def test_counts_of_all_gateways_add_up(platform: Platform) -> None:
    before = platform.database.generation()
    platform.usage.add([ONE, replace(ONE, gateway="g2", errors=1)])
    platform.usage.add([ONE, replace(ONE, day="2026-11-25")])
    (found,) = platform.usage.list("2026-11-24", "2026-11-24")
    assert (found.requests, found.errors, found.rows, found.bytes_in) == (6, 1, 21, 300)
    assert len(platform.usage.list("2026-11-01", "2026-11-30")) == 2
    assert platform.database.generation() == before
