"""Aliases move by compare-and-set only."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from core.errors import Conflict, NotFound
from core.refs import AliasName, ModelName
from registry.platform import Platform
from registry.records import Alias

IRIS = ModelName("iris")
LIVE = AliasName("live")


def test_an_alias_is_made_and_moved(platform: Platform) -> None:
    assert platform.aliases.point(IRIS, LIVE, 1, None, 1.0) == Alias(IRIS, LIVE, 1, None, 1.0)
    moved = platform.aliases.point(IRIS, LIVE, 2, 1, 2.0)
    assert moved == Alias(IRIS, LIVE, 2, 1, 2.0)
    assert platform.aliases.get(IRIS, LIVE) == moved


@pytest.mark.parametrize("expected", [None, 2])
def test_an_alias_that_stands_elsewhere_stays(platform: Platform, expected: int | None) -> None:
    first = platform.aliases.point(IRIS, LIVE, 1, None, 1.0)
    with pytest.raises(Conflict, match="found version 1"):
        platform.aliases.point(IRIS, LIVE, 3, expected, 2.0)
    assert platform.aliases.list() == (first,)


def test_an_alias_that_is_not_there_is_not_moved(platform: Platform) -> None:
    with pytest.raises(Conflict, match="found no version"):
        platform.aliases.point(IRIS, LIVE, 2, 1, 1.0)
    with pytest.raises(NotFound):
        platform.aliases.get(IRIS, LIVE)


def test_each_model_has_its_own(platform: Platform) -> None:
    platform.aliases.point(IRIS, LIVE, 1, None, 1.0)
    platform.aliases.point(ModelName("wine"), LIVE, 2, None, 1.0)
    assert [alias.version for alias in platform.aliases.list(IRIS)] == [1]
    assert [alias.model for alias in platform.aliases.list()] == ["iris", "wine"]


@pytest.mark.parametrize("expected", [None, 1])
def test_of_two_racing_moves_one_wins(platform: Platform, expected: int | None) -> None:
    if expected is not None:
        platform.aliases.point(IRIS, LIVE, expected, None, 1.0)
    together = Barrier(2)

    def move(version: int) -> bool:
        together.wait(timeout=10)
        try:
            platform.aliases.point(IRIS, LIVE, version, expected, 2.0)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(move, (2, 3)))
    assert sorted(won) == [False, True]
    assert platform.aliases.get(IRIS, LIVE).version == won.index(True) + 2


def test_a_move_is_visible(platform: Platform) -> None:
    before = platform.database.generation()
    platform.aliases.point(IRIS, LIVE, 1, None, 1.0)
    assert platform.database.generation() == before + 1
