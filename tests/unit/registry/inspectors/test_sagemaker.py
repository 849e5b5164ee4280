from pathlib import Path

import pytest

from core.errors import InvalidSpec, PackageCorrupt
from registry.inspectors.sagemaker import SagemakerInspector


def write(folder: Path, code: str) -> Path:
    (folder / "code").mkdir()
    (folder / "code" / "inference.py").write_text(code)
    (folder / "weights.bin").touch()
    return folder


def test_the_folder_is_taken_whole(tmp_path: Path) -> None:
    found = SagemakerInspector().inspect(write(tmp_path, "def model_fn(model_dir): ..."))
    assert (found.model_file, found.companions) == ("code/inference.py", ("weights.bin",))
    assert [one.optional for one in found.sign().inputs] == [False, True, True]


def test_a_script_that_loads_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match="model_fn"):
        SagemakerInspector().inspect(write(tmp_path, "x = 1"))


def test_what_is_no_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageCorrupt):
        SagemakerInspector().inspect(write(tmp_path, "def ("))
