"""A model's folder: which of its files a package takes along."""

from pathlib import Path

from core.errors import InvalidSpec, UnsafePath
from registry.manifest import MANIFEST_FILE, MAX_FILES
from registry.paths import check_path

_LEFT = ("__pycache__",)


def list_tree(root: Path) -> tuple[str, ...]:
    """Every plain file below `root`, as sorted relative paths; hidden ones and bytecode stay behind.

    Raises UnsafePath for a link, InvalidSpec for more files than a package may have.
    """
    found: list[str] = []
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if any(part.startswith(".") or part in _LEFT for part in parts):
            continue
        name = "/".join(parts)
        if path.is_symlink():
            raise UnsafePath(name)
        if path.is_file() and name != MANIFEST_FILE:
            found.append(check_path(name))
        if len(found) > MAX_FILES:
            raise InvalidSpec("model folder", {"files": f"more than {MAX_FILES} files"})
    return tuple(found)
