"""Processes of the machine, known by pid and create time; only our own are ever signalled."""

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import psutil

from tidegate.supervisor.log import open_log
from tidegate.supervisor.state import Child

# Create times are counted from the boot time, which a clock correction may move.
_SAME_S = 2.0
_LAST_GRACE_S = 3.0


class Spawned:
    """A process that we started, and what it started in turn as far as `note` has seen it."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self._popen = popen
        self.child = identify(popen.pid)
        self.descendants: frozenset[Child] = frozenset()

    def is_alive(self) -> bool:
        """Whether the process itself runs."""
        return self._popen.poll() is None

    def note(self) -> None:
        """Remember the processes below this one, since nobody can tell once it has died."""
        known = {child for child in self.descendants if find(child)}
        self.descendants = frozenset(known | set(list_descendants(self.child)))

    def end(self, grace_s: float) -> None:
        """Ask the process to stop, wait, and see that nothing of it is left; it may be dead."""
        self.note()
        if self.is_alive():
            self._popen.terminate()
            try:
                self._popen.wait(grace_s)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()
        end_all(self.descendants, _LAST_GRACE_S)


def spawn(argv: Sequence[str], environ: Mapping[str, str], folder: Path, log: Path) -> Spawned:
    """Start `argv` in `folder` and a session of its own, writing to `log`; raises OSError.

    Whatever it and those below it write is for this user alone.
    """
    descriptor = open_log(log)
    try:
        popen = subprocess.Popen(  # noqa: S603 - our own command lines, no shell
            argv,
            env=dict(environ),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
        )
    finally:
        os.close(descriptor)
    return Spawned(popen)


def identify(pid: int) -> Child:
    """Name the process that has `pid` now; raises psutil.NoSuchProcess."""
    return Child(pid, psutil.Process(pid).create_time())


def find(child: Child) -> psutil.Process | None:
    """The process that `child` names, where it still runs (a zombie does not)."""
    try:
        process = psutil.Process(child.pid)
        if abs(process.create_time() - child.created_at) > _SAME_S:
            return None
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.NoSuchProcess:
        return None


def list_descendants(child: Child) -> tuple[Child, ...]:
    """Every process below `child` now."""
    process = find(child)
    if process is None:
        return ()
    try:
        below = process.children(recursive=True)
    except psutil.NoSuchProcess:
        return ()
    return tuple(Child(each.pid, each.create_time()) for each in below if each.is_running())


def end_all(children: Iterable[Child], grace_s: float) -> None:
    """Ask these processes to stop, and kill those that have not within `grace_s` seconds."""
    alive = _signal(children, signal.SIGTERM)
    _, alive = psutil.wait_procs(alive, timeout=grace_s)
    left = _signal((Child(each.pid, each.create_time()) for each in alive), signal.SIGKILL)
    psutil.wait_procs(left, timeout=_LAST_GRACE_S)


def _signal(children: Iterable[Child], number: signal.Signals) -> list[psutil.Process]:
    told = []
    for child in children:
        process = find(child)
        if process is None:
            continue
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
        told.append(process)
    return told
