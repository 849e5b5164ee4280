"""The outfitter: installs what a package requires of Python into a folder of its own.

Replicas of the package start with that folder before the platform's own packages on their path, as
their Ray runtime_env says; nobody else sees it. Only wheels are installed, so that installing runs nobody's
code, and only what the platform's environment does not have already.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import mkdtemp

from core.errors import InvalidInput, PackageCorrupt, RuntimeUnavailable
from registry.ensemble import list_packages
from registry.package import open_package
from registry.records import Resident
from serving.requirement import find_missing

_LIMIT_S = 1800.0
# Runs pip with these arguments; returns its output, raises RuntimeUnavailable.
Pip = Callable[[Sequence[str]], str]


@dataclass(frozen=True, slots=True)
class Outfit:
    """What a resident's replicas start with: a folder for their path, empty for none.

    While `is_ready` is False it is still being installed.
    """

    folder: str = ""
    is_ready: bool = True


class Outfitter:
    """Installs one environment at a time, beside its caller. Called from one thread."""

    def __init__(self, home: Path, trusted: frozenset[str], pip: Pip | None = None) -> None:
        self._home, self._trusted = home, trusted
        self._pip = pip or run_pip
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="outfitter")
        self._under_way: dict[Path, Future[None]] = {}
        self._requirements: dict[str, tuple[str, ...]] = {}

    def fit(self, resident: Resident) -> Outfit:
        """What the resident is to start with; begins to install it where it is not there.

        Raises RuntimeUnavailable when that failed; asking again tries again. A package whose runtime is not
        trusted is not installed for: its replica says what is missing.
        """
        requirements = self._read(resident)
        if not requirements:
            return Outfit()
        folder = self._home / name_environment(requirements)
        if folder.is_dir():
            return Outfit(str(folder))
        if not find_missing(requirements):
            return Outfit()
        known = self._under_way.get(folder)
        if known is None:
            self._under_way[folder] = self._worker.submit(install, requirements, folder, self._pip)
            return Outfit(is_ready=False)
        if not known.done():
            return Outfit(is_ready=False)
        del self._under_way[folder]
        known.result()
        return Outfit(str(folder))

    def close(self) -> None:
        """Begin nothing more."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _read(self, resident: Resident) -> tuple[str, ...]:
        known = self._requirements.get(resident.digest)
        if known is None:
            try:
                packages = list_packages(open_package(Path(resident.location)))
            except (InvalidInput, PackageCorrupt):
                # Its replica verifies the package, and says what is wrong with it.
                return ()
            manifests = [one.manifest for one in packages if one.manifest.runtime in self._trusted]
            # A step's and the next one's may be the same; each is asked for once.
            known = tuple(dict.fromkeys(chain.from_iterable(one.requirements for one in manifests)))
            self._requirements[resident.digest] = known
        return known


def name_environment(requirements: Sequence[str]) -> str:
    """The folder of these requirements under this Python: the same ones share it."""
    said = json.dumps([sys.version_info[:2], sorted(requirements)])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def install(requirements: Sequence[str], folder: Path, pip: Pip) -> None:
    """Install what is missing of the requirements into `folder`, which is there whole or not at all.

    Raises RuntimeUnavailable with pip's own last words.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix="draft-", dir=folder.parent))
    try:
        report = draft / "report.json"
        wheels = ("--only-binary", ":all:", "--quiet", "--disable-pip-version-check")
        pip(("install", "--dry-run", *wheels, "--report", str(report), "--", *requirements))
        found = json.loads(report.read_text())["install"]
        report.unlink()
        if found:
            urls = [f"{one['metadata']['name']} @ {one['download_info']['url']}" for one in found]
            pip(("install", "--no-deps", *wheels, "--target", str(draft), "--", *urls))
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def run_pip(arguments: Sequence[str]) -> str:
    """Run this environment's pip; raises RuntimeUnavailable."""
    command = (sys.executable, "-m", "pip", *arguments)
    try:
        # Requirements come after `--`: they are no options.
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)  # noqa: S603 - as above
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeUnavailable("requirements", str(error)) from error
    if ran.returncode:
        said = [line.strip() for line in ran.stderr.splitlines() if line.strip()]
        detail = " ".join(said[-3:])[:800] or f"pip ended with {ran.returncode}"
        raise RuntimeUnavailable("requirements", f"pip cannot install them: {detail}")
    return ran.stdout
