from pathlib import Path

import pytest

from core.errors import InvalidSpec, PackageCorrupt
from registry.inspectors.python import PythonInspector

CODE = "raise RuntimeError('imported')\nclass {name}:\n    async def predict(self, inputs): ...\n"


def test_a_folder_is_taken_whole_and_not_imported(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(CODE.format(name="Model"))
    (tmp_path / "vocabulary.txt").touch()
    found = PythonInspector().inspect(tmp_path)
    assert (found.model_file, found.companions) == ("model.py", ("vocabulary.txt",))
    assert found.options == {"class": "Model"}


def test_a_file_goes_alone(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(CODE.format(name="Shouter"))
    found = PythonInspector().inspect(tmp_path / "other.py")
    assert (found.companions, found.options) == ((), {"class": "Shouter"})


def test_a_module_without_such_a_class_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("class Model: ...")
    with pytest.raises(InvalidSpec, match="predict"):
        PythonInspector().inspect(tmp_path)


def test_what_is_no_python_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("def (")
    with pytest.raises(PackageCorrupt):
        PythonInspector().inspect(tmp_path)
