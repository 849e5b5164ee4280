"""A wheel that is on no index."""

import zipfile
from pathlib import Path


def make_wheel(folder: Path, version: str = "1.0") -> str:
    """A wheel of the module `tidetable`; returns the requirement that names it."""
    path = folder / f"tidetable-{version}-py3-none-any.whl"
    info = f"tidetable-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tidetable.py", f"VERSION = '{version}'\n")
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tidetable\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return f"tidetable @ {path.as_uri()}"
