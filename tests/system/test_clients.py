"""The unmodified Triton client, sync and aio, through the public listener."""

from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException

from tests.system.stand import Exposed

ROWS = np.array([[1, 2, 3, 4], [0, 0, 0, 1]], np.float32)
SCORES = [[40.0, 50.0], [6.0, 7.0]]
FORMS = [(True, True), (True, False), (False, True), (False, False)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def make_input(*, binary: bool = True) -> Any:
    tensor = triton.InferInput("features", list(ROWS.shape), "FP32")
    tensor.set_data_from_numpy(ROWS, binary_data=binary)
    return tensor


@pytest.mark.parametrize(("binary_in", "binary_out"), FORMS)
def test_the_sync_client_infers(scores: Exposed, *, binary_in: bool, binary_out: bool) -> None:
    wanted = [triton.InferRequestedOutput("scores", binary_data=binary_out)]
    with triton.InferenceServerClient(scores.stand.public_host) as client:
        answer = client.infer(
            "scores", [make_input(binary=binary_in)], outputs=wanted, headers=scores.headers
        )
    assert answer.as_numpy("scores").tolist() == SCORES
    assert answer.get_response()["model_name"] == "scores"


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_the_sync_client_compresses_both_ways(scores: Exposed, algorithm: str) -> None:
    with triton.InferenceServerClient(scores.stand.public_host) as client:
        answer = client.infer(
            "scores",
            [make_input()],
            headers=scores.headers,
            request_compression_algorithm=algorithm,
            response_compression_algorithm=algorithm,
        )
    assert answer.as_numpy("scores").tolist() == SCORES


def test_the_sync_client_asks_about_server_and_model(scores: Exposed) -> None:
    with triton.InferenceServerClient(scores.stand.public_host) as client:
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("scores", headers=scores.headers)
        metadata = client.get_model_metadata("scores", headers=scores.headers)
        config = client.get_model_config("scores", headers=scores.headers)
        assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    (tensor,) = metadata["inputs"]
    assert (tensor["name"], tensor["datatype"], tensor["shape"]) == ("features", "FP32", [-1, 4])
    assert config["name"] == "scores"


def test_the_sync_client_gets_an_error_that_it_can_read(scores: Exposed) -> None:
    with triton.InferenceServerClient(scores.stand.public_host) as client:
        with pytest.raises(InferenceServerException, match="unknown model: 'nobody'"):
            client.infer("nobody", [make_input()], headers=scores.headers)
        with pytest.raises(InferenceServerException, match="API key"):
            client.infer("scores", [make_input()])


@pytest.mark.anyio
@pytest.mark.parametrize("algorithm", [None, "gzip", "deflate"])
async def test_the_aio_client_infers(scores: Exposed, algorithm: str | None) -> None:
    async with triton_aio.InferenceServerClient(scores.stand.public_host) as client:
        answer = await client.infer(
            "scores",
            [make_input()],
            headers=scores.headers,
            request_compression_algorithm=algorithm,
            response_compression_algorithm=algorithm,
        )
    assert answer.as_numpy("scores").tolist() == SCORES


@pytest.mark.anyio
async def test_the_aio_client_asks_about_the_model(scores: Exposed) -> None:
    async with triton_aio.InferenceServerClient(scores.stand.public_host) as client:
        assert await client.is_model_ready("scores", headers=scores.headers)
        metadata = await client.get_model_metadata("scores", headers=scores.headers)
    assert metadata["name"] == "scores"


def count_rows(client: Any) -> int:
    (found,) = client.get_inference_statistics("scores")["model_stats"]
    return int(found["inference_count"])


def test_the_client_reads_statistics_of_all_replicas(scores: Exposed) -> None:
    with triton.InferenceServerClient(scores.stand.private_host) as client:
        before = count_rows(client)
        for _ in range(10):
            client.infer("scores", [make_input()])
        assert count_rows(client) == before + 10 * len(ROWS)
    with (
        triton.InferenceServerClient(scores.stand.public_host) as client,
        pytest.raises(InferenceServerException, match="not supported here"),
    ):
        client.get_inference_statistics("scores", headers=scores.headers)


def test_the_client_asks_for_classes(scores: Exposed) -> None:
    wanted = [triton.InferRequestedOutput("scores", class_count=1)]
    with triton.InferenceServerClient(scores.stand.private_host) as client:
        answer = client.infer("scores", [make_input()], outputs=wanted)
    assert [text.split(b":")[1] for text in answer.as_numpy("scores").ravel()] == [b"1", b"1"]


def test_the_client_loads_and_unloads(scores: Exposed) -> None:
    stand = scores.stand
    version, _ = stand.publish("spare")
    stand.read("models", "alias", "spare", "live", str(version))
    token = stand.settings.admin_token_file.read_text().strip()
    with triton.InferenceServerClient(stand.private_host, network_timeout=120) as client:
        with pytest.raises(InferenceServerException, match="admin token"):
            client.load_model("spare")
        client.load_model("spare", headers={"Authorization": f"Bearer {token}"})
        assert client.is_model_ready("spare")
        listed = {one["name"]: one["state"] for one in client.get_model_repository_index()}
        assert listed["spare"] == "READY"
        client.unload_model("spare", headers={"Authorization": f"Bearer {token}"})
    with stand.connect() as control:
        states = {one.name: one.state for one in control.endpoints.list()}
    assert states.get("spare", "deleting") == "deleting"
