"""The real gateway process, asked by unmodified clients over real sockets."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException

from core.endpoint import EndpointSpec
from core.refs import ReplicaId
from core.route import RouteSpec
from registry.migration import migrate
from registry.platform import Platform, open_platform
from registry.records import Lease
from tests.fakes.gateway import DIGEST, KEY, KEY_ID, make_key, make_resident
from tests.fakes.replica import WEIGHTS, FakeReplica, serve_replica

ROWS = np.array([[1, 2], [3, -4], [0.5, 0]], np.float32)
RESIDENT = make_resident()


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway process in front of one replica."""

    process: subprocess.Popen[bytes]
    platform: Platform
    lease: Lease
    public: str
    private: str


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("home")
    platform = fill_tables(home)
    secret = platform.secrets.rotate(time.time())
    with ExitStack() as stack:
        replica = FakeReplica(RESIDENT.id, secret, time.time())
        port = stack.enter_context(serve_replica(replica))
        address = f"127.0.0.1:{port}"
        lease = Lease(ReplicaId("r1"), RESIDENT.id, address, time.time() + 600)
        platform.leases.take(lease)
        public, private, control = free_ports(3)
        ports = {"PUBLIC_PORT": public, "PRIVATE_PORT": private, "CONTROL_PORT": control} | {
            "PUBLIC_GRPC_PORT": 0,
            "PRIVATE_GRPC_PORT": 0,
        }
        environment = {f"TIDEGATE_{name}": str(port) for name, port in ports.items()}
        command = [sys.executable, "-m", "gateway"]
        process = stack.enter_context(
            subprocess.Popen(command, env={**os.environ, **environment, "TIDEGATE_HOME": str(home)})  # noqa: TID251 - our own command, in this environment
        )
        stack.callback(process.terminate)
        wait_until_ready(f"http://127.0.0.1:{public}")
        yield Running(process, platform, lease, f"127.0.0.1:{public}", f"127.0.0.1:{private}")


def keyed() -> dict[str, str]:
    # Always a new one: the client writes its own headers into what it is given.
    return {"x-api-key": KEY}


def fill_tables(home: Path) -> Platform:
    url = f"sqlite:///{home}/platform.db"
    migrate(url)
    platform = open_platform(url)
    capture = {"share": 1.0}
    spec = EndpointSpec.read(
        {"name": "iris", "variants": [RESIDENT.spec.model_dump()], "capture": capture}
    )
    platform.endpoints.apply(spec, 0.0)
    platform.residents.add(RESIDENT)
    platform.routes.apply(RouteSpec(name="flowers", endpoint="iris"), 0.0)
    platform.keys.add(make_key(KEY_ID, DIGEST))
    return platform


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for held in sockets:
            held.bind(("127.0.0.1", 0))
        return [held.getsockname()[1] for held in sockets]


def wait_until_ready(url: str) -> None:
    transport = httpx.HTTPTransport(retries=10)
    with httpx.Client(transport=transport) as client:
        assert client.get(f"{url}/v2/health/ready", timeout=60).status_code == 200


def make_input(*, binary: bool) -> triton.InferInput:
    given = triton.InferInput("x", list(ROWS.shape), "FP32")
    given.set_data_from_numpy(ROWS, binary_data=binary)
    return given


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("packing", [None, "gzip", "deflate"])
def test_tritons_client(running: Running, packing: str | None, *, binary: bool) -> None:
    outputs = [triton.InferRequestedOutput("scores", binary_data=binary)]
    with triton.InferenceServerClient(running.public) as client:
        result = client.infer(
            "flowers",
            [make_input(binary=binary)],
            outputs=outputs,
            headers=keyed(),
            request_compression_algorithm=packing,
            response_compression_algorithm=packing,
        )
    np.testing.assert_allclose(result.as_numpy("scores"), ROWS @ WEIGHTS, rtol=1e-6)


def test_tritons_client_asks_around(running: Running) -> None:
    with triton.InferenceServerClient(running.public) as client:
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("flowers", headers=keyed())
        assert client.get_server_metadata()["name"] == "tidegate"
        assert client.get_model_metadata("flowers", headers=keyed())["versions"] == ["1"]
        assert client.get_model_config("flowers", headers=keyed())["name"] == "flowers"


def test_tritons_client_understands_our_errors(running: Running) -> None:
    with triton.InferenceServerClient(running.public) as client:
        with pytest.raises(InferenceServerException, match="a valid API key is required"):
            client.infer("flowers", [make_input(binary=True)])
        with pytest.raises(InferenceServerException, match="Request for unknown model: 'iris'"):
            client.infer("iris", [make_input(binary=True)], headers=keyed())


@pytest.mark.anyio
async def test_tritons_aio_client(running: Running) -> None:
    client = triton_aio.InferenceServerClient(running.public)
    try:
        for binary in (True, False):
            result = await client.infer("flowers", [make_input(binary=binary)], headers=keyed())
            np.testing.assert_array_equal(result.as_numpy("label"), [1, 0, 1])
    finally:
        await client.close()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_plain_json(running: Running) -> None:
    rows = [{"width": 1, "height": 2}]
    url = f"http://{running.private}/v1/endpoints/iris:predict"
    answer = httpx.post(url, json={"rows": rows}).json()
    assert answer["predictions"] == [{"label": "high", "scores": {"low": 5.0, "high": 50.0}}]


def test_the_private_listener_has_metrics_and_the_public_one_has_not(running: Running) -> None:
    shown = httpx.get(f"http://{running.private}/metrics")
    assert "tidegate_requests_total" in shown.text
    assert httpx.get(f"http://{running.public}/metrics").status_code == 404
    assert httpx.get(f"http://{running.private}/api/v1/status").status_code == 502


def test_requests_wait_for_a_replica_that_comes_back(running: Running) -> None:
    base = f"http://{running.private}"
    running.platform.leases.release(running.lease.replica)
    while httpx.get(f"{base}/v2/models/iris/ready").status_code == 200:
        pass
    with httpx.Client(timeout=30) as client, ThreadPoolExecutor() as threads:
        url = f"{base}/v1/endpoints/iris:predict"
        asked = [threads.submit(client.post, url, json={"rows": [[1, 2]]}) for _ in range(5)]
        running.platform.leases.take(running.lease)
    assert {answer.result().status_code for answer in asked} == {200}


def test_it_stops_when_told_and_keeps_what_was_captured(running: Running) -> None:
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(30) == 0
    assert running.platform.database.file is not None
    captured = running.platform.database.file.parent / "capture"
    assert list(captured.rglob("*.parquet"))
