from pathlib import Path

import pytest

from core.errors import Conflict
from core.refs import AliasName, ModelName
from registry.pointer import point_anyhow
from registry.records import Alias
from tests.fakes.catalogue import FakeCatalogue
from tests.fakes.clock import FakeClock
from tests.samples import make_package

IRIS, LIVE = ModelName("iris"), AliasName("live")


class Contested(FakeCatalogue):
    """Somebody else moves the alias just before the first `times` moves."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.left = times

    def point(
        self, model: ModelName, alias: AliasName, version: int, expected: int | None, now: float
    ) -> Alias:
        if self.left:
            self.left -= 1
            raise Conflict("alias", "iris@live", "no version", "version 1")
        return super().point(model, alias, version, expected, now)


def published(catalogue: FakeCatalogue, folder: Path) -> FakeCatalogue:
    for offset in (0.0, 1.0):
        package = make_package(folder / str(offset), "iris", offset=offset)
        catalogue.publish(package.folder, now=1.0)
    return catalogue


def test_an_alias_moves_from_nowhere_and_from_anywhere(tmp_path: Path) -> None:
    catalogue = published(FakeCatalogue(), tmp_path)
    assert point_anyhow(catalogue, IRIS, LIVE, 1, FakeClock()).previous is None
    assert point_anyhow(catalogue, IRIS, LIVE, 2, FakeClock()).previous == 1


def test_a_lost_race_is_run_again(tmp_path: Path) -> None:
    catalogue = published(Contested(times=3), tmp_path)
    assert point_anyhow(catalogue, IRIS, LIVE, 2, FakeClock()).version == 2


def test_an_alias_that_never_rests_is_a_conflict(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="a moment of rest"):
        point_anyhow(published(Contested(times=1000), tmp_path), IRIS, LIVE, 2, FakeClock())
