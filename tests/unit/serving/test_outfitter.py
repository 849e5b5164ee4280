import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from core.dtypes import DataType
from core.errors import RuntimeUnavailable
from core.signature import TensorSpec
from registry.manifest import Manifest
from registry.package import PackageDraft, build_package, open_package
from registry.records import Resident
from serving.outfitter import Outfit, Outfitter, install, name_environment, run_pip
from serving.wish import want_resident
from tests.fakes.ensembles import DIAMOND, make_ensemble, make_steps
from tests.unit.serving.worlds import make_endpoint, make_version
from tests.wheels import make_wheel

TRUSTED = frozenset({"python"})
IRIS = make_endpoint()


def make_resident(folder: Path, *requirements: str, runtime: str = "python") -> Resident:
    document = make_version(1).manifest.model_dump(mode="json")
    manifest = Manifest.read({**document, "runtime": runtime, "requirements": requirements})
    folder.mkdir(exist_ok=True)
    (folder / "tidegate.json").write_bytes(manifest.write())
    found = want_resident(IRIS, IRIS.spec.variants[0], make_version(1))
    return replace(found, location=str(folder), digest=manifest.digest)


def await_outfit(outfitter: Outfitter, resident: Resident) -> Outfit:
    outfit = outfitter.fit(resident)
    while not outfit.is_ready:
        (under_way,) = outfitter._under_way.values()
        under_way.exception()
        outfit = outfitter.fit(resident)
    return outfit


def test_what_is_missing_is_installed_in_a_folder_of_its_own(tmp_path: Path) -> None:
    resident = make_resident(tmp_path / "package", make_wheel(tmp_path), "numpy")
    outfitter = Outfitter(tmp_path / "home", TRUSTED)
    assert not outfitter.fit(resident).is_ready
    folder = Path(await_outfit(outfitter, resident).folder)
    assert (folder / "tidetable.py").is_file()
    assert not (folder / "numpy").exists()
    assert [each.name for each in folder.parent.iterdir()] == [folder.name]
    assert Outfitter(tmp_path / "home", TRUSTED).fit(resident) == Outfit(str(folder))


@pytest.mark.parametrize(
    ("requirements", "runtime"),
    [((), "python"), (("numpy",), "python"), (("nothing-like-it",), "onnx")],
)
def test_where_nothing_is_missing_or_nobody_is_trusted_nothing_is_installed(
    tmp_path: Path, requirements: tuple[str, ...], runtime: str
) -> None:
    resident = make_resident(tmp_path / "package", *requirements, runtime=runtime)
    assert Outfitter(tmp_path / "home", TRUSTED, refuse).fit(resident) == Outfit()


def test_an_ensembles_trusted_steps_are_installed_for(tmp_path: Path) -> None:
    own = tmp_path / "own"
    source = tmp_path / "model.py"
    source.write_text("class Model:\n    def predict(self, inputs):\n        return inputs\n")
    tensors = (TensorSpec("features", DataType.FP32, (-1, 4)),)
    outputs = (TensorSpec("scores", DataType.FP32, (-1, 2)),)
    draft = PackageDraft(
        name="linear", inputs=tensors, outputs=outputs, requirements=(make_wheel(tmp_path),)
    )
    build_package(source, own, draft)
    steps = make_steps(tmp_path / "steps") | {"linear:3": open_package(own)}
    package = make_ensemble(tmp_path / "package", DIAMOND, steps)
    resident = replace(make_resident(tmp_path / "any"), location=str(package.folder))
    outfitter = Outfitter(tmp_path / "home", TRUSTED)
    assert (Path(await_outfit(outfitter, resident).folder) / "tidetable.py").is_file()
    assert Outfitter(tmp_path / "home", frozenset({"ensemble"}), refuse).fit(resident) == Outfit()


def refuse(_arguments: Sequence[str]) -> str:
    raise RuntimeUnavailable("requirements", "no such wheel")


def test_what_cannot_be_installed_says_why_and_is_tried_again_when_asked(tmp_path: Path) -> None:
    resident = make_resident(tmp_path / "package", "nothing-like-it==1")
    outfitter = Outfitter(tmp_path / "home", TRUSTED, refuse)
    with pytest.raises(RuntimeUnavailable, match="no such wheel"):
        await_outfit(outfitter, resident)
    assert not outfitter.fit(resident).is_ready
    outfitter.close()


def test_a_package_that_cannot_be_read_is_its_replicas_business(tmp_path: Path) -> None:
    resident = make_resident(tmp_path / "package", "nothing-like-it")
    (tmp_path / "package" / "tidegate.json").write_text(json.dumps({"format": 99}))
    assert Outfitter(tmp_path / "home", TRUSTED, refuse).fit(resident) == Outfit()


def test_an_installation_that_fails_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "one"
    with pytest.raises(RuntimeUnavailable):
        install(("nothing",), folder, refuse)
    assert list(folder.parent.iterdir()) == []


def test_pips_own_words_are_told() -> None:
    with pytest.raises(RuntimeUnavailable, match="no such option"):
        run_pip(("install", "--no-such-option"))


def test_an_environment_is_named_after_its_requirements() -> None:
    assert name_environment(("a", "b")) == name_environment(("b", "a"))
    assert name_environment(("a",)) != name_environment(("b",))
