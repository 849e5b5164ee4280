"""The real gateway process, asked by unmodified clients over real sockets."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException

from tests.fakes.gateway_process import Running, keyed, run_gateway
from tests.fakes.replica import WEIGHTS

ROWS = np.array([[1, 2], [3, -4], [0.5, 0]], np.float32)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    # One of its own, since the last test stops it.
    with run_gateway(tmp_path_factory.mktemp("home")) as running:
        yield running


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
