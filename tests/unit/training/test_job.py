import json
import stat
from pathlib import Path

import pytest

from core.errors import InvalidName, InvalidSpec, PackageCorrupt
from core.refs import JobId
from tests.contracts.recipe import ask
from training.job import JobFolder, JobOrder, read_order

ORDER = JobOrder(
    job="training-1",
    spec=ask("sklearn_classifier", "sklearn:iris"),
    database_url="postgresql://user:secret@host/db",
    mlflow_uri="sqlite:///mlflow.db",
    packages=Path("/packages"),
)


def test_an_order_is_read_back(tmp_path: Path) -> None:
    folder = JobFolder.of(tmp_path, JobId("training-1"))
    folder.write_order(ORDER)
    assert read_order(folder.spec) == ORDER


def test_an_order_is_its_owners_only(tmp_path: Path) -> None:
    folder = JobFolder.of(tmp_path / "jobs", JobId("training-1"))
    folder.write_order(ORDER)
    assert stat.S_IMODE(folder.spec.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_a_folder_never_leaves_that_of_all_jobs(tmp_path: Path) -> None:
    with pytest.raises(InvalidName):
        JobFolder.of(tmp_path, JobId("../elsewhere"))


def test_an_order_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(PackageCorrupt, match="cannot be read"):
        read_order(tmp_path / "spec.json")


def test_a_broken_order_names_its_faults(tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text("{}")
    with pytest.raises(InvalidSpec, match="database_url"):
        read_order(tmp_path / "spec.json")


def test_a_result_is_kept_as_json(tmp_path: Path) -> None:
    JobFolder(tmp_path).write_result({"version": 1})
    assert json.loads((tmp_path / "result.json").read_text()) == {"version": 1}
