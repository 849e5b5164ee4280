import sys
from pathlib import Path

import pytest

from core.errors import RuntimeUnavailable
from serving.author import import_author


def test_two_packages_may_have_modules_of_one_name(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.py").write_text(f"NAME = {name!r}")
    found = [import_author("python", tmp_path / name / "model.py").NAME for name in ("a", "b")]
    assert found == ["a", "b"]


def test_the_path_is_as_before_afterwards(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("x = 1")
    before = [*sys.path]
    import_author("python", tmp_path / "model.py")
    assert sys.path == before


def test_an_error_says_where_it_was_raised(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("\n\nraise ValueError('no good')")
    with pytest.raises(RuntimeUnavailable, match=r"no good \(model\.py, line 3"):
        import_author("python", tmp_path / "model.py")
