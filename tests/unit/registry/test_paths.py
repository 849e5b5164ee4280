"""Only plain relative paths, and nothing behind a link."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnsafePath
from registry.paths import check_path, locate

REFUSED = [
    "", ".", "..", "/etc/passwd", "a/../b", "../a", "a//b", "a/", "a\\b", "a\nb", "a\x00b", "~a", ".hidden",
    "-rf", "a/.git/config", "a b", "é", "x" * 201, "/".join(["abc"] * 200),
]  # fmt: skip


@pytest.mark.parametrize("path", ["model.onnx", "a/b/c.bin", "onnx::MatMul_12", "_w.0+1=a@b~c-d"])
def test_plain_paths_pass(path: str) -> None:
    assert check_path(path) == path


@pytest.mark.parametrize("path", REFUSED)
def test_others_are_refused(path: str) -> None:
    with pytest.raises(UnsafePath):
        check_path(path)


@given(st.text(st.sampled_from("a./\\~"), max_size=12))
def test_what_passes_stays_in_its_folder(path: str) -> None:
    try:
        passed = check_path(path)
    except UnsafePath:
        return
    assert Path("/folder", passed).resolve().is_relative_to("/folder")


def test_locate_joins(tmp_path: Path) -> None:
    assert locate(tmp_path, "a/b") == tmp_path / "a" / "b"


@pytest.mark.parametrize("path", ["link", "link/file"])
def test_locate_refuses_links(tmp_path: Path, path: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(UnsafePath):
        locate(tmp_path, path)
