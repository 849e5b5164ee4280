"""The unmodified gRPC client of Triton: sync, aio and stream, through the gateway process."""

import socket
from collections.abc import AsyncIterator, Iterator
from queue import Queue
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
from tritonclient.grpc.auth import BasicAuth
from tritonclient.utils import InferenceServerException

from tests.fakes.gateway_process import Running, keyed
from tests.system.stand import Exposed

ROWS = np.array([[1, 2], [3, -4]], np.float32)
SCORES = [[5.0, 50.0], [-5.0, -50.0]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def client(gateway: Running) -> Iterator[Any]:
    with triton.InferenceServerClient(gateway.grpc) as opened:
        yield opened


def make_input(rows: Any = ROWS, name: str = "x") -> Any:
    tensor = triton.InferInput(name, list(rows.shape), "FP32")
    tensor.set_data_from_numpy(rows)
    return tensor


@pytest.mark.parametrize("compression", [None, "gzip", "deflate"])
def test_the_sync_client_infers(client: Any, compression: str | None) -> None:
    answer = client.infer(
        "flowers",
        [make_input()],
        headers=keyed(),
        compression_algorithm=compression,
        client_timeout=20,
    )
    assert answer.as_numpy("scores").tolist() == SCORES


def test_requests_may_be_waited_for_later(client: Any) -> None:
    answers: Queue[Any] = Queue()
    for _ in range(8):
        client.async_infer(
            "flowers",
            [make_input()],
            callback=lambda result, error: answers.put((result, error)),
            headers=keyed(),
        )
    got = [answers.get(timeout=20) for _ in range(8)]
    assert [result.as_numpy("scores").tolist() for result, _ in got] == [SCORES] * 8


def test_big_tensors_go_both_ways(client: Any) -> None:
    rows = np.random.default_rng(7).normal(size=(500_000, 2)).astype(np.float32)
    answer = client.infer("flowers", [make_input(rows)], headers=keyed())
    assert answer.as_numpy("scores").shape == rows.shape


def test_the_sync_client_asks_about_server_and_model(client: Any) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("flowers", headers=keyed())
    assert client.get_model_metadata("flowers", headers=keyed()).versions == ["1"]
    assert client.get_model_config("flowers", headers=keyed()).config.name == "flowers"


def test_a_stream_answers_in_order(client: Any) -> None:
    answers: Queue[Any] = Queue()
    client.start_stream(lambda result, error: answers.put((result, error)), headers=keyed())
    for number in range(8):
        client.async_stream_infer("flowers", [make_input()], request_id=str(number))
    client.async_stream_infer("nobody", [make_input()], request_id="8")
    got = [answers.get(timeout=20) for _ in range(9)]
    client.stop_stream()
    assert [result.get_response().id for result, _ in got[:8]] == [str(n) for n in range(8)]
    assert "unknown model" in str(got[8][1])


def test_one_request_of_a_stream_may_be_answered_in_pieces(client: Any) -> None:
    answers: Queue[Any] = Queue()
    client.start_stream(lambda result, error: answers.put((result, error)), headers=keyed())
    client.async_stream_infer("flowers", [make_input()], parameters={"pieces": 3})
    got = [answers.get(timeout=20)[0].as_numpy("scores").tolist() for _ in range(3)]
    client.stop_stream()
    assert got == [SCORES] * 3


@pytest.mark.parametrize(
    ("given", "headers", "status"),
    [
        (make_input(), {}, "UNAUTHENTICATED"),
        (make_input(), {"authorization": "Bearer nonsense"}, "UNAUTHENTICATED"),
        (make_input(name="y"), keyed(), "INVALID_ARGUMENT"),
        (make_input(ROWS[:, :1]), keyed(), "INVALID_ARGUMENT"),
        (make_input(np.zeros((9_000_000, 2), np.float32)), keyed(), "RESOURCE_EXHAUSTED"),
    ],
    ids=["no key", "wrong key", "wrong name", "wrong shape", "too large"],
)
def test_errors_have_their_status(
    client: Any, given: Any, headers: dict[str, str], status: str
) -> None:
    with pytest.raises(InferenceServerException) as caught:
        client.infer("flowers", [given], headers=headers)
    assert status in str(caught.value.status())


def test_the_clients_own_auth_plug_in_is_no_key(client: Any) -> None:
    client.register_plugin(BasicAuth("user", "password"))
    with pytest.raises(InferenceServerException, match="API key"):
        client.infer("flowers", [make_input()])


def test_bytes_that_are_no_grpc_harm_nobody(gateway: Running, client: Any) -> None:
    host, _, port = gateway.grpc.partition(":")
    for junk in (b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(junk)
            while connection.recv(4096):
                pass
    assert client.infer("flowers", [make_input()], headers=keyed()).as_numpy("scores") is not None


@pytest.mark.anyio
async def test_the_aio_client_infers_and_streams(gateway: Running) -> None:
    async def requests() -> AsyncIterator[dict[str, Any]]:
        for _ in range(3):
            yield {"model_name": "flowers", "inputs": [make_input()]}

    async with triton_aio.InferenceServerClient(gateway.grpc) as opened:
        answer = await opened.infer("flowers", [make_input()], headers=keyed())
        assert answer.as_numpy("scores").tolist() == SCORES
        streamed = opened.stream_infer(requests(), headers=keyed())
        got = [result.as_numpy("scores").tolist() async for result, _ in streamed]
    assert got == [SCORES] * 3


def test_a_real_replica_answers_with_classes(scores: Exposed) -> None:
    rows = np.array([[1, 2, 3, 4], [0, 0, 0, 1]], np.float32)
    wanted = [triton.InferRequestedOutput("scores", class_count=1)]
    headers = {"authorization": f"Bearer {scores.key}"}
    address = f"127.0.0.1:{scores.stand.settings.public_grpc_port}"
    with triton.InferenceServerClient(address) as client:
        answer = client.infer(
            "scores", [make_input(rows, "features")], outputs=wanted, headers=headers
        )
    assert answer.as_numpy("scores").tolist() == [[b"50.000000:1:high"], [b"7.000000:1:high"]]
