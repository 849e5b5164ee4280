"""Code of a package's author: imported under a name of its own, with the package's folder on the path."""

import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.errors import RuntimeUnavailable


def import_author(runtime: str, file: Path) -> Any:
    """The module in `file`; raises RuntimeUnavailable with the end of the author's traceback.

    Two packages may have modules of one name, so each gets a name from its path.
    """
    name = f"author_{sha256(str(file).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise RuntimeUnavailable(runtime, f"'{file.name}' is no Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with import_path(file.parent):
        try:
            spec.loader.exec_module(module)
        except Exception as error:  # an author's module may raise anything
            sys.modules.pop(name, None)
            raise RuntimeUnavailable(runtime, describe(error)) from error
    return module


@contextmanager
def import_path(folder: Path) -> Iterator[None]:
    """Let modules beside the author's be imported while inside."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def describe(error: BaseException) -> str:
    """The error, and the author's line that raised it."""
    told = f"{type(error).__name__}: {error}"[:500]
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return told
    last = frames[-1]
    return f"{told} ({Path(last.filename).name}, line {last.lineno}, in {last.name})"
