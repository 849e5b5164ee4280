"""What every catalogue must hold to."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Conflict, InvalidName, NotFound, PackageCorrupt
from core.refs import AliasName, ModelName, ModelRef
from registry.catalogue import Catalogue
from tests.samples import make_package

IRIS = ModelName("iris")
LIVE = AliasName("live")


def publish(
    catalogue: Catalogue, folder: Path, offset: float = 0.0, *, name: str = "iris", now: float = 1.0
) -> int:
    """Publish the linear model with this offset; returns its version."""
    package = make_package(folder / f"{name}-{offset}", name, offset=offset)
    return catalogue.publish(package.folder, now=now).version


def point_once(catalogue: Catalogue, version: int, expected: int | None) -> bool:
    """Try to move `iris@live`; whether it moved."""
    try:
        catalogue.point(IRIS, LIVE, version, expected, now=1.0)
    except Conflict:
        return False
    return True


class CatalogueContract:
    """A subclass gives the fixture `catalogue`: a new, empty one."""

    @pytest.fixture
    def catalogue(self) -> Catalogue:
        raise NotImplementedError

    def test_a_new_one_holds_nothing(self, catalogue: Catalogue) -> None:
        assert catalogue.models() == ()
        assert catalogue.aliases(IRIS) == ()

    def test_versions_count_up(self, catalogue: Catalogue, tmp_path: Path) -> None:
        numbers = [publish(catalogue, tmp_path, offset) for offset in (0.0, 1.0, 2.0)]
        assert numbers == [1, 2, 3]
        assert [version.version for version in catalogue.versions(IRIS)] == [1, 2, 3]

    def test_each_model_counts_for_itself(self, catalogue: Catalogue, tmp_path: Path) -> None:
        assert publish(catalogue, tmp_path, name="wine") == 1
        assert publish(catalogue, tmp_path, name="iris") == 1
        assert catalogue.models() == ("iris", "wine")

    def test_the_same_package_keeps_its_version(self, catalogue: Catalogue, tmp_path: Path) -> None:
        package = make_package(tmp_path / "twice", "iris")
        first = catalogue.publish(package.folder, now=1.0)
        assert catalogue.publish(package.folder, now=9.0) == first
        assert first.created_at == 1.0

    def test_racing_publishers_of_one_package_get_one_version(
        self, catalogue: Catalogue, tmp_path: Path
    ) -> None:
        folder = make_package(tmp_path / "raced", "iris").folder
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: catalogue.publish(folder, now=1.0), range(4)))
        assert len(set(map(repr, found))) == 1
        assert len(catalogue.versions(IRIS)) == 1

    def test_a_version_describes_its_package(self, catalogue: Catalogue, tmp_path: Path) -> None:
        package = make_package(tmp_path / "one", "iris")
        version = catalogue.publish(package.folder, now=7.5)
        assert catalogue.get(IRIS, 1) == version
        assert version.manifest == package.manifest
        assert version.digest == package.manifest.digest
        assert version.created_at == 7.5

    def test_fetch_gives_the_verified_package(self, catalogue: Catalogue, tmp_path: Path) -> None:
        version = catalogue.publish(make_package(tmp_path / "one", "iris").folder, now=1.0)
        package = catalogue.fetch(version)
        assert str(package.folder) == version.location
        assert package.model_path.is_file()

    def test_fetch_refuses_a_changed_file(self, catalogue: Catalogue, tmp_path: Path) -> None:
        version = catalogue.publish(make_package(tmp_path / "one", "iris").folder, now=1.0)
        (Path(version.location) / "model.onnx").write_bytes(b"other")
        with pytest.raises(PackageCorrupt, match=r"model\.onnx"):
            catalogue.fetch(version)

    def test_a_broken_package_is_not_published(self, catalogue: Catalogue, tmp_path: Path) -> None:
        package = make_package(tmp_path / "one", "iris")
        package.model_path.unlink()
        with pytest.raises(PackageCorrupt):
            catalogue.publish(package.folder, now=1.0)
        assert catalogue.models() == ()

    def test_what_is_not_there_is_not_found(self, catalogue: Catalogue, tmp_path: Path) -> None:
        publish(catalogue, tmp_path)
        for ask in (
            lambda: catalogue.get(IRIS, 2),
            lambda: catalogue.get(ModelName("wine"), 1),
            lambda: catalogue.versions(ModelName("wine")),
            lambda: catalogue.resolve(ModelRef.parse("iris@live")),
            lambda: catalogue.rollback(IRIS, LIVE, now=1.0),
            lambda: catalogue.point(IRIS, LIVE, 2, None, now=1.0),
        ):
            with pytest.raises(NotFound):
                ask()

    def test_references_resolve(self, catalogue: Catalogue, tmp_path: Path) -> None:
        publish(catalogue, tmp_path)
        publish(catalogue, tmp_path, 1.0)
        catalogue.point(IRIS, LIVE, 2, None, now=1.0)
        assert catalogue.resolve(ModelRef.parse("iris:1")).version == 1
        assert catalogue.resolve(ModelRef.parse("iris@live")).version == 2

    def test_an_alias_moves_and_comes_back(self, catalogue: Catalogue, tmp_path: Path) -> None:
        publish(catalogue, tmp_path)
        publish(catalogue, tmp_path, 1.0)
        catalogue.point(IRIS, LIVE, 1, None, now=1.0)
        catalogue.point(IRIS, LIVE, 2, 1, now=2.0)
        back = catalogue.rollback(IRIS, LIVE, now=3.0)
        assert (back.version, back.previous, back.updated_at) == (1, 2, 3.0)
        assert catalogue.aliases(IRIS) == (back,)

    def test_rollback_needs_an_earlier_version(self, catalogue: Catalogue, tmp_path: Path) -> None:
        publish(catalogue, tmp_path)
        catalogue.point(IRIS, LIVE, 1, None, now=1.0)
        with pytest.raises(Conflict, match="earlier"):
            catalogue.rollback(IRIS, LIVE, now=2.0)

    def test_an_alias_needs_a_proper_name(self, catalogue: Catalogue, tmp_path: Path) -> None:
        publish(catalogue, tmp_path)
        with pytest.raises(InvalidName):
            catalogue.point(IRIS, AliasName("../live"), 1, None, now=1.0)

    def test_of_racing_moves_one_wins(self, catalogue: Catalogue, tmp_path: Path) -> None:
        for offset in range(4):
            publish(catalogue, tmp_path, offset)
        catalogue.point(IRIS, LIVE, 1, None, now=1.0)
        with ThreadPoolExecutor(3) as pool:
            won = list(pool.map(lambda to: point_once(catalogue, to, 1), (2, 3, 4)))
        assert won.count(True) == 1
        assert catalogue.resolve(ModelRef.parse("iris@live")).version == won.index(True) + 2

    def test_aliases_follow_a_model_of_them(self, catalogue: Catalogue, tmp_path: Path) -> None:
        """Any order of moves leaves the alias where compare-and-set on a variable leaves it."""
        for offset in range(3):
            publish(catalogue, tmp_path, offset)
        names = iter(range(10_000))

        @settings(max_examples=10, suppress_health_check=list(HealthCheck))
        @given(st.lists(st.tuples(st.integers(1, 3), st.none() | st.integers(1, 3)), max_size=6))
        def follow(moves: list[tuple[int, int | None]]) -> None:
            alias = AliasName(f"a{next(names)}")
            standing: int | None = None
            for version, expected in moves:
                if expected == standing:
                    catalogue.point(IRIS, alias, version, expected, now=1.0)
                    standing = version
                else:
                    with pytest.raises(Conflict):
                        catalogue.point(IRIS, alias, version, expected, now=1.0)
            found = {known.name: known.version for known in catalogue.aliases(IRIS)}
            assert found.get(alias) == standing

        follow()
