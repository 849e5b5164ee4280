"""The Ray head of a platform: its command line and its folder."""

import hashlib
import os
import tempfile
from pathlib import Path

from core.errors import Unavailable
from tidegate.settings import Settings
from tidegate.supervisor.command import PYTHON
from tidegate.supervisor.port import choose_port

# The kernel's limit for a socket's path is 107 bytes, and Ray adds up to 65 of its own.
_LONGEST_FOLDER = 40


def ray_command(settings: Settings) -> tuple[str, ...]:
    """The command line of the Ray head, which listens on the private interface only."""
    options = {
        "node-ip-address": settings.host,
        "port": settings.ray_port,
        "dashboard-host": settings.host,
        "dashboard-port": settings.ray_dashboard_port,
        # Two that cannot be switched off and have fixed defaults, at which two platforms would meet.
        "dashboard-agent-listen-port": 0,
        "ray-client-server-port": choose_port(settings.host),
        "num-cpus": settings.ray_cpus,
        "object-store-memory": settings.ray_object_store_mb * 10**6,
        "temp-dir": ray_folder(settings),
    }
    listed = tuple(f"--{name}={value}" for name, value in options.items())
    start = (*PYTHON, "ray.scripts.scripts", "start", "--head", "--block")
    return (*start, "--disable-usage-stats", "--log-color=false", *listed)


def ray_folder(settings: Settings) -> Path:
    """Ray's folder: in the home, or under the system's temporary one where the path is too long."""
    folder = settings.run / "ray"
    if len(str(folder).encode()) <= _LONGEST_FOLDER:
        return folder
    digest = hashlib.sha256(str(settings.home).encode()).hexdigest()
    return Path(tempfile.gettempdir()) / f"tg-{digest[:8]}"


def make_ray_folder(settings: Settings) -> None:
    """Make Ray's folder (0700); raises Unavailable where its name belongs to somebody else."""
    folder = ray_folder(settings)
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # In the system's temporary folder anybody may have taken the name before us.
    if folder.is_symlink() or not folder.is_dir() or found.st_uid != os.getuid():
        raise Unavailable("ray", f"the folder {folder} belongs to another user")
    folder.chmod(0o700)
