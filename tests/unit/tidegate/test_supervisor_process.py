import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tidegate.supervisor.process import Spawned, end_all, find, identify, list_descendants, spawn
from tidegate.supervisor.state import Child

FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("up", flush=True)
time.sleep(60)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""

WRITER = """
open("written", "w").close()
print("up", flush=True)
"""


def start(folder: Path, program: str) -> Spawned:
    fifo = folder / "log"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    spawned = spawn((sys.executable, "-c", program), {}, folder, fifo)
    os.set_blocking(reader, True)
    assert os.read(reader, 3) == b"up\n"
    os.close(reader)
    return spawned


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Spawned]:
    spawned = start(tmp_path, FAMILY)
    yield spawned
    spawned.end(1)


def test_that_a_process_is_known_by_pid_and_create_time(family: Spawned) -> None:
    assert find(family.child) is not None
    assert find(Child(family.child.pid, family.child.created_at - 60)) is None


def test_that_ending_takes_the_descendants_too(family: Spawned) -> None:
    (below,) = list_descendants(family.child)
    family.end(5)
    assert not family.is_alive()
    assert find(below) is None


def test_that_descendants_outlive_a_killed_parent_and_are_ended(family: Spawned) -> None:
    family.note()
    (below,) = family.descendants
    end_all([family.child], 0)
    assert find(below) is not None
    family.end(0)
    assert find(below) is None


def test_that_a_deaf_process_is_killed(tmp_path: Path) -> None:
    spawned = start(tmp_path, DEAF)
    spawned.end(0.05)
    assert not spawned.is_alive()


def test_that_what_a_process_writes_is_its_users_alone(tmp_path: Path) -> None:
    start(tmp_path, WRITER).end(5)
    assert (tmp_path / "written").stat().st_mode & 0o777 == 0o600


def test_that_a_stranger_with_the_same_pid_is_left_alone() -> None:
    me = identify(os.getpid())
    end_all([Child(me.pid, me.created_at - 60)], 0)
    assert find(me) is not None
