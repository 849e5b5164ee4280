import json
import os
from pathlib import Path

import pytest

from core.errors import InvalidSpec, NotFound, PackageCorrupt
from registry.ensemble import (
    gather_ensemble,
    has_steps,
    list_packages,
    open_steps,
    read_ensemble,
)
from registry.package import verify_package
from tests.fakes.ensembles import DIAMOND, fetch_from, make_ensemble, make_steps


def write(folder: Path) -> Path:
    file = folder / "mine.json"
    file.write_text(json.dumps(DIAMOND))
    return file


def test_steps_are_pinned_and_come_along(tmp_path: Path) -> None:
    source = write(tmp_path)
    (tmp_path / "warmup.json").write_text("[]")
    file = gather_ensemble(source, tmp_path / "out", fetch_from(make_steps(tmp_path)))
    spec = read_ensemble(file)
    assert [step.model for step in spec.steps] == ["sum:2", "linear:3", "shifted:1"]
    assert has_steps(file.parent, spec)
    assert (tmp_path / "out" / "warmup.json").is_file()
    for step in spec.steps:
        verify_package(tmp_path / "out" / "steps" / step.name)
    assert open_steps(file.parent, spec)["right"].manifest.name == "shifted"


def test_packages_inside_packages_are_listed(tmp_path: Path) -> None:
    names = [one.manifest.name for one in list_packages(make_ensemble(tmp_path / "p"))]
    assert names == ["ensemble", "sum", "linear", "shifted"]
    (plain,) = list_packages(make_steps(tmp_path)["sum:2"])
    assert plain.manifest.name == "sum"


def test_without_links_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    gather_ensemble(write(tmp_path), tmp_path / "out", fetch_from(make_steps(tmp_path)))
    verify_package(tmp_path / "out" / "steps" / "left")


def test_a_version_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="linear:3"):
        gather_ensemble(
            write(tmp_path), tmp_path / "out", fetch_from({"sum:2": make_steps(tmp_path)["sum:2"]})
        )


def test_a_lost_step_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackageCorrupt, match="step 'sum'"):
        open_steps(tmp_path, read_ensemble(write(tmp_path)))


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ensemble.json").write_bytes(b"broken")
    with pytest.raises(InvalidSpec, match="cannot be read"):
        read_ensemble(tmp_path / "ensemble.json")
