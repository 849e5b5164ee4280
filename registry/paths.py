"""Paths of files inside a package or an archive: relative, POSIX, and plain enough for any store."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from core.errors import UnsafePath

MAX_PATH = 512
# Exporters name weight files after tensors ("onnx::MatMul_12"), hence the colon.
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+=@:~-]{0,199}", re.ASCII)


def check_path(path: str) -> str:
    """Return `path` when it is a relative path that stays in its folder; raises UnsafePath.

    Each part starts with a letter, a digit or '_', so '..', hidden files and options are out.
    """
    if len(path) > MAX_PATH or not all(_PART.fullmatch(part) for part in path.split("/")):
        raise UnsafePath(path)
    return path


def locate(folder: Path, path: str) -> Path:
    """Where `path` lies under `folder`; raises UnsafePath when it, or a folder on the way, is a link."""
    here = folder
    for part in check_path(path).split("/"):
        here = here / part
        if here.is_symlink():
            raise UnsafePath(path)
    return here


PackagePath = Annotated[str, AfterValidator(check_path)]
