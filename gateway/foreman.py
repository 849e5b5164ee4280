"""The foreman: workers of one gateway, which share its ports. It answers nothing itself.

SIGTERM drains all of them and ends; SIGHUP replaces them one by one, each when its successor answers.
"""

import logging
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from time import monotonic

log = logging.getLogger(__name__)
START_S = 60.0
# A worker that dies at once would otherwise be started as fast as the machine can.
_AGAIN_S = 1.0
_LOOK_S = 0.2


@dataclass(slots=True)
class Worker:
    """One worker's process; `born_at` is on the process's own clock."""

    number: int
    process: "subprocess.Popen[bytes]"
    born_at: float = field(default_factory=monotonic)


class Foreman:
    """Keeps `count` workers running."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._workers: list[Worker] = []
        self._leaves = False
        self._replaces = False

    def run(self) -> None:
        """Work until SIGTERM or SIGINT."""
        signal.signal(signal.SIGTERM, self._leave)
        signal.signal(signal.SIGINT, self._leave)
        signal.signal(signal.SIGHUP, self._replace)
        self._workers = [start_worker(number) for number in range(1, self._count + 1)]
        while not self._leaves:
            self.look()
            select.select([], [], [], _LOOK_S)
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.wait()

    def look(self) -> None:
        """Start anew what has died, and replace all if that was asked for."""
        for at, worker in enumerate(self._workers):
            if worker.process.poll() is not None and not self._leaves:
                log.error(
                    "worker %s ended with %s: another one starts",
                    worker.number,
                    worker.process.returncode,
                )
                if monotonic() - worker.born_at < _AGAIN_S:
                    select.select([], [], [], _AGAIN_S)
                self._workers[at] = start_worker(worker.number)
        if self._replaces:
            self._replaces = False
            self._replace_all()

    def _replace_all(self) -> None:
        for at, old in enumerate(self._workers):
            new = start_worker(old.number)
            if new.process.poll() is not None:
                log.error("worker %s does not start: the old one stays", old.number)
                continue
            self._workers[at] = new
            old.process.terminate()
            old.process.wait()

    def _leave(self, *_: object) -> None:
        self._leaves = True

    def _replace(self, *_: object) -> None:
        self._replaces = True


def start_worker(number: int) -> Worker:
    """Start one and wait until its sockets listen, or it has died, or START_S have passed."""
    ready, told = os.pipe()
    own = {"TIDEGATE_WORKER": str(number), "TIDEGATE_READY_FD": str(told)}
    # A worker reads the environment that its foreman was started with.
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway"],
        env={**os.environ, **own},  # noqa: TID251 - handed on whole, as a supervisor does
        pass_fds=(told,),
    )
    os.close(told)
    # The pipe ends when the worker has told, or has died.
    select.select([ready], [], [], START_S)
    os.close(ready)
    return Worker(number, process)


def tell_ready(descriptor: int) -> None:
    """Tell the foreman that all sockets listen; nothing where there is none."""
    if descriptor >= 0:
        os.write(descriptor, b"1")
        os.close(descriptor)
