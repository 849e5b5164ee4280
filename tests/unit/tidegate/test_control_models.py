import pytest

from core.errors import Conflict, InvalidName, NotFound, PackageCorrupt, TidegateError
from tests.fakes.control import FakeControl
from tests.samples import make_package


def test_a_package_is_published_by_its_archive(control: FakeControl) -> None:
    package = make_package(control.home / "package", "iris")
    version = control.client.models.publish(package.folder)
    assert (version.model, version.version) == ("iris", 1)
    assert version.manifest == package.manifest
    assert control.client.models.publish(package.folder).version == 1


def test_a_model_has_its_versions_and_aliases(control: FakeControl) -> None:
    control.publish(0.0)
    control.publish(1.0)
    control.client.models.point("iris", "live", 2)
    model = control.client.models.get("iris")
    assert [version.version for version in model.versions] == [1, 2]
    assert [(alias.name, alias.version) for alias in model.aliases] == [("live", 2)]
    (summary,) = control.client.models.list()
    assert (summary.latest, summary.aliases) == (2, {"live": 2})


def test_an_alias_moves_from_where_it_is_expected_only(control: FakeControl) -> None:
    control.publish(0.0)
    control.publish(1.0)
    assert control.client.models.point("iris", "live", 1, expected=None).previous is None
    assert control.client.models.point("iris", "live", 2, expected=1).previous == 1
    with pytest.raises(Conflict) as caught:
        control.client.models.point("iris", "live", 1, expected=1)
    assert caught.value.name == "iris@live"


def test_an_alias_goes_back(control: FakeControl) -> None:
    control.publish(0.0)
    control.publish(1.0)
    control.client.models.point("iris", "live", 1)
    control.client.models.point("iris", "live", 2)
    assert control.client.models.rollback("iris", "live").version == 1


@pytest.mark.parametrize("version", [9, 0])
def test_an_alias_points_to_no_version_that_is_not_there(
    version: int, control: FakeControl
) -> None:
    control.publish()
    with pytest.raises(TidegateError, match=r"unknown version|equal to 1"):
        control.client.models.point("iris", "live", version)


def test_a_model_that_is_not_there_is_not_found(control: FakeControl) -> None:
    with pytest.raises(NotFound):
        control.client.models.get("iris")


@pytest.mark.parametrize("name", ["..", "a b", "a/../b"])
def test_a_name_that_can_be_none_is_refused(name: str, control: FakeControl) -> None:
    with pytest.raises((InvalidName, NotFound)):
        control.client.models.get(name)


def test_a_package_with_a_changed_file_is_refused(control: FakeControl) -> None:
    package = make_package(control.home / "package", "iris")
    (package.folder / "model.onnx").write_bytes(b"x" * package.manifest.files[0].size_bytes)
    with pytest.raises(PackageCorrupt, match="SHA-256"):
        control.client.models.publish(package.folder)
