"""KServe's unmodified client, over REST and gRPC."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.gateway import KEY
from tests.fakes.gateway_process import Running

SCRIPT = Path(__file__).parents[1] / "clients" / "ask_by_kserve.py"
CLIENT = Path(sys.prefix) / "clients" / "kserve"
OUTPUTS = {"label": [1, 0], "scores": [[5.0, 50.0], [-5.0, -50.0]]}


@pytest.fixture(scope="module")
def told(gateway: Running) -> dict[str, Any]:
    if not CLIENT.is_dir():
        pytest.skip("KServe's client is not installed: make install")
    command = [
        sys.executable,
        str(SCRIPT),
        f"http://{gateway.public}",
        gateway.grpc,
        "flowers",
        KEY,
    ]
    environment = {**os.environ, "PYTHONPATH": str(CLIENT)}  # noqa: TID251 - a process edge
    asked = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    answer: dict[str, Any] = json.loads(asked.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize("way", ["rest", "grpc"])
def test_it_learns_what_is_ready(told: dict[str, Any], way: str) -> None:
    asked = told[way]
    assert (asked["live"], asked["ready"], asked["model_ready"]) == (True, True, True)


def test_it_infers(told: dict[str, Any]) -> None:
    assert told["rest"]["binary_True"] == told["rest"]["binary_False"] == OUTPUTS
    assert told["grpc"]["binary"] == OUTPUTS


def test_it_reads_our_errors(told: dict[str, Any]) -> None:
    assert "Request for unknown model: 'nobody' is not found" in told["rest"]["error"]
