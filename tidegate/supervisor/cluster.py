"""The Ray head of a platform: its command line and its folder."""

import hashlib
import os
import shutil
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
    """Ray's folder: in the home, or under the system's temporary one where the path is too long.

    Ray lets everybody write in it, so it lies in one that is ours alone.
    """
    folder = settings.run / "ray"
    if len(str(folder).encode()) <= _LONGEST_FOLDER:
        return folder
    digest = hashlib.sha256(str(settings.home).encode()).hexdigest()
    return Path(tempfile.gettempdir()) / f"tg-{digest[:8]}" / "r"


def make_ray_folder(settings: Settings) -> None:
    """Make what Ray's folder lies in (0700); raises Unavailable where it is somebody else's."""
    folder = ray_folder(settings).parent
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # In the system's temporary folder anybody may have taken the name before us.
    if folder.is_symlink() or not folder.is_dir() or found.st_uid != os.getuid():
        raise Unavailable("ray", f"{folder} is not a folder of this user")
    folder.chmod(0o700)
    _forget_sessions(ray_folder(settings))


def ray_environ(settings: Settings) -> dict[str, str]:
    """What the Ray head, and each process that talks to it, needs in its environment."""
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(settings.ray_token_file),
        # Ray swaps a loopback address for the machine's own one and would then listen there. What
        # this variable says, in spite of its name, is whether other machines may join.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        # There is no other node to which the replicas could move when this one stops.
        "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",
        # How often replicas tell Serve's autoscaler of their load; ten seconds is its default.
        "RAY_SERVE_REPLICA_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "1",
        "RAY_TMPDIR": str(ray_folder(settings)),
        "RAY_USAGE_STATS_ENABLED": "0",
    }


def _forget_sessions(folder: Path) -> None:
    # Ray keeps a folder of logs for each start; one is enough to see why the last one ended.
    for old in sorted(each for each in folder.glob("session_2*") if each.is_dir())[:-1]:
        shutil.rmtree(old, ignore_errors=True)
