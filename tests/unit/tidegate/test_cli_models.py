from pathlib import Path

from tests.fakes.command import fail, read, run, tell
from tests.fakes.control import FakeControl
from tests.samples import write_linear_model


def test_a_file_becomes_a_package_and_a_version(served: FakeControl, tmp_path: Path) -> None:
    model, package = write_linear_model(tmp_path / "model.onnx"), str(tmp_path / "package")
    columns = ("--feature", "a", "--feature", "b", "--feature", "c", "--feature", "d")
    built = read("models", "package", str(model), "--name", "iris", "--out", package, *columns)
    assert built["signature"]["inputs"][0]["features"] == ["a", "b", "c", "d"]
    published = read("models", "publish", package)
    assert (published["model"], published["version"]) == ("iris", 1)
    assert published["digest"].startswith("sha256:")
    assert tell("models", "publish", package).startswith("iris:1 ")


def test_packaging_tells_the_signature(tmp_path: Path) -> None:
    model = write_linear_model(tmp_path / "model.onnx")
    told = tell("models", "package", str(model), "--name", "iris", "--out", str(tmp_path / "p"))
    assert "FP32[-1, 4]" in told
    assert "batched" in told


def test_an_alias_moves_and_moves_back(served: FakeControl) -> None:
    served.publish(0.0)
    served.publish(1.0)
    moved = read("models", "alias", "iris", "live", "1")
    assert (moved["version"], moved["previous"]) == (1, None)
    assert "version 2, before 1" in tell("models", "alias", "iris", "live", "2")
    assert read("models", "rollback", "iris", "live")["version"] == 1
    assert "version 2 again" in tell("models", "rollback", "iris", "live")


def test_an_alias_that_stands_elsewhere_is_not_moved(served: FakeControl) -> None:
    served.publish(0.0)
    served.publish(1.0)
    read("models", "alias", "iris", "live", "1")
    read("models", "alias", "iris", "live", "2", "--expected", "1")
    failure = fail("models", "alias", "iris", "live", "1", "--expected", "1")
    assert (failure.code, "expected" in failure.text) == (1, True)


def test_a_version_is_shown_with_each_of_its_aliases(served: FakeControl) -> None:
    served.publish()
    for alias in ("live", "tested"):
        read("models", "alias", "iris", alias, "1")
    assert read("models", "list")[0]["aliases"] == {"live": 1, "tested": 1}
    assert "live=1, tested=1" in tell("models", "list")
    assert "live, tested" in tell("models", "show", "iris")
    assert len(read("models", "show", "iris")["versions"]) == 1


def test_a_folder_that_is_no_package_says_how_to_make_one(tmp_path: Path) -> None:
    result = run("models", "publish", str(tmp_path))
    assert result.exit_code == 2
    assert "models package" in result.output
    assert "tidegate.json" in result.output
