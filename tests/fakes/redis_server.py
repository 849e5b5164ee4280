"""A Redis (or Valkey) server of the test's own, on a free loopback port; skipped where there is none."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tidegate.client.waiting import Waiting
from tidegate.supervisor.port import choose_port


@contextmanager
def run_redis(folder: Path) -> Iterator[str]:
    """Its URL, while inside."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("no redis-server here (apt-get install redis-server)")
    port = choose_port("127.0.0.1")
    command = [
        program,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(folder),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            Waiting().until(lambda: _answers(port), bool, subject="Redis", timeout_s=20)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
