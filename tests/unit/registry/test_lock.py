"""The lock between processes and threads."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from registry.lock import alone


def test_only_one_holds_it(tmp_path: Path) -> None:
    inside = threading.Semaphore(1)

    def enter(_: int) -> bool:
        with alone(tmp_path / "deep" / "file.lock"):
            free = inside.acquire(blocking=False)
            if free:
                inside.release()
            return free

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(enter, range(64)))


def test_it_ends_with_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), alone(tmp_path / "file.lock"):
            dict[str, int]()["missing"]
