"""The foreman: workers of one gateway, which share its ports. It answers nothing itself.

SIGTERM drains all of them and ends; SIGHUP replaces them one by one, each when its successor answers.
"""

import logging
import os
import select
import signal
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
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
        # Only we hold the other end: it closes when we end, however that is.
        self._lifeline, self._held = os.pipe()

    def run(self) -> None:
        """Work until SIGTERM or SIGINT."""
        signal.signal(signal.SIGTERM, self._leave)
        signal.signal(signal.SIGINT, self._leave)
        signal.signal(signal.SIGHUP, self._replace)
        self._workers = [
            start_worker(number, self._lifeline) for number in range(1, self._count + 1)
        ]
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
                self._workers[at] = start_worker(worker.number, self._lifeline)
        if self._replaces:
            self._replaces = False
            self._replace_all()

    def _replace_all(self) -> None:
        for at, old in enumerate(self._workers):
            new = start_worker(old.number, self._lifeline)
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


@dataclass(frozen=True, slots=True)
class Place:
    """A worker's place: its number, 0 for a gateway that is alone, and the pipes to its foreman.

    It tells at `ready` that its sockets listen; `lifeline` ends when the foreman does.
    """

    number: int = 0
    ready: int = -1
    lifeline: int = -1

    def tell_ready(self) -> None:
        """Tell the foreman that all sockets listen; nothing where there is none."""
        if self.ready >= 0:
            os.write(self.ready, b"1")
            os.close(self.ready)


def read_place(arguments: Sequence[str]) -> Place:
    """The place that the command's arguments say."""
    parser = ArgumentParser(prog="python -m gateway", add_help=False)
    for name in ("--number", "--ready", "--lifeline"):
        parser.add_argument(name, type=int)
    found = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value}
    return Place(**found)


def start_worker(number: int, lifeline: int) -> Worker:
    """Start one and wait until its sockets listen, or it has died, or START_S have passed."""
    ready, told = os.pipe()
    place = ["--number", number, "--ready", told, "--lifeline", lifeline]
    command = [sys.executable, "-m", "gateway", *map(str, place)]
    process = subprocess.Popen(command, pass_fds=(told, lifeline))  # noqa: S603 - our own command line
    os.close(told)
    # The pipe ends when the worker has told, or has died.
    select.select([ready], [], [], START_S)
    os.close(ready)
    return Worker(number, process)
