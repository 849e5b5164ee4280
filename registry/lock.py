"""A lock between processes and threads of one machine, by a file."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Hold the lock of `file`, which is made and stays; waits for whoever holds it.

    It ends with the process, so a crash leaves nothing locked. Not to be nested on one file.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
