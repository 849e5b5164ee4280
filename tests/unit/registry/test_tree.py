from pathlib import Path

import pytest

from core.errors import UnsafePath
from registry.tree import list_tree


def test_plain_files_are_taken_in_order(tmp_path: Path) -> None:
    for name in ("b.bin", "code/a.py", "code/__pycache__/a.pyc", ".git/x", "tidegate.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list_tree(tmp_path) == ("b.bin", "code/a.py")


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    with pytest.raises(UnsafePath):
        list_tree(tmp_path)


def test_a_name_that_no_store_takes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a b").touch()
    with pytest.raises(UnsafePath):
        list_tree(tmp_path)
