"""NVIDIA's perf_analyzer: its own binary where the machine runs it, its sequence of requests everywhere.

The sequence was observed of perf_analyzer 2.60: metadata, configuration, server metadata, then windows of
statistics, inferences, statistics, whose differences it prints as unsigned numbers.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import pytest

from core.oip.statistics import KINDS
from tests.fakes.gateway import KEY
from tests.fakes.gateway_process import Running

BINARY = Path(sys.prefix) / "clients" / "perf_analyzer" / "perf_analyzer" / "bin" / "perf_analyzer"
MODES = {
    "http": ["-m", "iris"],
    "http batched by version": ["-m", "iris", "-b", "4", "-x", "1"],
    "http json": ["-m", "iris", "--input-tensor-format", "json", "--output-tensor-format", "json"],
    "public with a key": ["-m", "flowers", "-H", f"x-api-key:{KEY}"],
    "grpc": ["-m", "flowers", "-i", "grpc", "-H", f"x-api-key:{KEY}"],
    "grpc stream": ["-m", "flowers", "-i", "grpc", "--streaming", "-H", f"x-api-key:{KEY}"],
}


@pytest.mark.parametrize("mode", MODES)
def test_the_binary(gateway: Running, mode: str) -> None:
    if not BINARY.is_file():
        pytest.skip("perf_analyzer is not installed: it needs glibc 2.38")
    options = MODES[mode]
    public = gateway.grpc if "grpc" in options else gateway.public
    address = public if "flowers" in options else gateway.private
    command = [str(BINARY), *options, "-u", address, "--request-count", "20"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Request count: 20" in ran.stdout


@pytest.mark.parametrize("path", ["/v2/models/iris", "/v2/models/iris/versions/1"])
def test_its_sequence_over_http(gateway: Running, path: str) -> None:
    with httpx.Client(base_url=f"http://{gateway.private}") as client:
        (tensor,) = client.get(path).json()["inputs"]
        config = client.get(f"{path}/config").json()
        assert (tensor["shape"][0], config["max_batch_size"] > 0) == (-1, True)
        assert config["model_transaction_policy"]["decoupled"] is False
        assert "statistics" in client.get("/v2").json()["extensions"]
        windows = [read_window(client, path, tensor["name"]) for _ in range(3)]
    assert [window["inference_count"] for window in windows] == [40] * 3
    assert [window["success"] for window in windows] == [20] * 3


def read_window(client: httpx.Client, path: str, name: str) -> dict[str, int]:
    """What the statistics grew by over 20 requests of 2 rows."""
    before = count(client, path)
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(client.post, f"{path}/infer", **infer(name)) for _ in range(20)]
    assert {answer.result().status_code for answer in asked} == {200}
    after = count(client, path)
    # Unsigned there: a number that fell would be a huge one.
    assert all(after[key] >= before[key] for key in before)
    return {key: after[key] - before[key] for key in before}


def infer(name: str) -> dict[str, Any]:
    # As its client writes it: an empty id, binary tensors of random bytes, outputs as they come.
    rows = np.random.default_rng(1).bytes(16)
    tensor = {"name": name, "datatype": "FP32", "shape": [2, 2]}
    parameters = {"binary_data_size": len(rows)}
    head = orjson.dumps(
        {
            "id": "",
            "inputs": [{**tensor, "parameters": parameters}],
            "parameters": {"binary_data_output": True},
        }
    )
    headers = {"inference-header-content-length": str(len(head))}
    return {"content": head + rows, "headers": headers}


def count(client: httpx.Client, path: str) -> dict[str, int]:
    (found,) = client.get(f"{path}/stats").json()["model_stats"]
    assert (found["name"], found["version"]) == ("iris", "1")
    counts = {key: found[key] for key in ("inference_count", "execution_count", "last_inference")}
    for kind in KINDS:
        counts |= {kind: found["inference_stats"][kind]["count"]}
        counts |= {f"{kind}_ns": found["inference_stats"][kind]["ns"]}
    return counts


def test_a_pure_json_request_may_name_its_length(gateway: Running) -> None:
    tensor = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}
    body = orjson.dumps({"id": "", "inputs": [tensor]})
    headers = {"inference-header-content-length": str(len(body))}
    url = f"http://{gateway.private}/v2/models/iris/infer"
    answer = httpx.post(url, content=body, headers=headers).json()
    assert "id" not in answer
    assert answer["outputs"][1]["data"] == [5.0, 50.0]
