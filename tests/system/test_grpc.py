"""The unmodified gRPC client of Triton: sync, aio and stream, through the public port."""

from collections.abc import AsyncIterator, Iterator
from queue import Queue
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
from tritonclient.utils import InferenceServerException

from tests.system.stand import Exposed

ROWS = np.array([[1, 2, 3, 4], [0, 0, 0, 1]], np.float32)
SCORES = [[40.0, 50.0], [6.0, 7.0]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def address(scores: Exposed) -> str:
    return f"127.0.0.1:{scores.stand.settings.public_grpc_port}"


@pytest.fixture
def client(address: str) -> Iterator[Any]:
    with triton.InferenceServerClient(address) as opened:
        yield opened


def make_input() -> Any:
    tensor = triton.InferInput("features", list(ROWS.shape), "FP32")
    tensor.set_data_from_numpy(ROWS)
    return tensor


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize("compression", [None, "gzip", "deflate"])
def test_the_sync_client_infers(client: Any, scores: Exposed, compression: str | None) -> None:
    answer = client.infer(
        "scores",
        [make_input()],
        headers=lower(scores.headers),
        compression_algorithm=compression,
        client_timeout=20,
    )
    assert answer.as_numpy("scores").tolist() == SCORES


def test_the_sync_client_asks_about_server_and_model(client: Any, scores: Exposed) -> None:
    headers = lower(scores.headers)
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("scores", headers=headers)
    assert client.get_model_metadata("scores", headers=headers).versions
    assert client.get_model_config("scores", headers=headers).config.name == "scores"


def test_classes_come_as_text(client: Any, scores: Exposed) -> None:
    wanted = [triton.InferRequestedOutput("scores", class_count=1)]
    answer = client.infer("scores", [make_input()], outputs=wanted, headers=lower(scores.headers))
    assert answer.as_numpy("scores").tolist() == [[b"50.000000:1:high"], [b"7.000000:1:high"]]


def test_a_stream_answers_in_order(client: Any, scores: Exposed) -> None:
    answers: Queue[Any] = Queue()
    client.start_stream(
        lambda result, error: answers.put((result, error)), headers=lower(scores.headers)
    )
    for number in range(8):
        client.async_stream_infer("scores", [make_input()], request_id=str(number))
    client.async_stream_infer("nobody", [make_input()], request_id="8")
    got = [answers.get(timeout=20) for _ in range(9)]
    client.stop_stream()
    assert [result.get_response().id for result, _ in got[:8]] == [str(n) for n in range(8)]
    assert "unknown model" in str(got[8][1])


def test_without_a_key_nobody_comes_in(client: Any) -> None:
    with pytest.raises(InferenceServerException) as caught:
        client.infer("scores", [make_input()])
    assert "UNAUTHENTICATED" in str(caught.value.status())


@pytest.mark.anyio
async def test_the_aio_client_infers_and_streams(address: str, scores: Exposed) -> None:
    headers = lower(scores.headers)

    async def requests() -> AsyncIterator[dict[str, Any]]:
        for _ in range(3):
            yield {"model_name": "scores", "inputs": [make_input()]}

    async with triton_aio.InferenceServerClient(address) as opened:
        answer = await opened.infer("scores", [make_input()], headers=headers)
        assert answer.as_numpy("scores").tolist() == SCORES
        streamed = opened.stream_infer(requests(), headers=headers)
        got = [result.as_numpy("scores").tolist() async for result, _ in streamed]
    assert got == [SCORES] * 3
