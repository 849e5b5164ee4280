"""Stateful sequences by the unmodified clients, over two replicas."""

import threading
from collections.abc import Iterator
from queue import Queue
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from tritonclient.utils import InferenceServerException

from tests.samples import write_sum_model
from tests.system.stand import Stand

STATES = {"states": [{"input": "total", "output": "next"}]}


@pytest.fixture(scope="module")
def running(stand: Stand) -> Iterator[str]:
    """The running sum on two replicas."""
    source = write_sum_model(stand.settings.home / "drafts" / "sum" / "source" / "model.onnx")
    package = str(source.parent.parent / "package")
    stand.read("models", "package", str(source), "--name", "sum", "--out", package)
    stand.read("models", "publish", package)
    variant = {
        "model": "sum:1",
        "replicas": 2,
        "resources": {"num_cpus": 0.1},
        "batching": {"sequences": STATES},
    }
    with stand.connect() as client:
        client.endpoints.apply({"name": "sum", "variants": [variant]})
        client.endpoints.wait("sum")
        yield "sum"
        client.endpoints.remove("sum")


def make_input(library: Any, value: float) -> Any:
    tensor = library.InferInput("value", [1, 1], "FP32")
    tensor.set_data_from_numpy(np.full((1, 1), value, np.float32))
    return tensor


def test_sequences_keep_their_sums_apart_by_http(stand: Stand, running: str) -> None:
    sums: dict[int, list[float]] = {}

    def work(key: int) -> None:
        with triton_http.InferenceServerClient(stand.private_host) as client:
            sums[key] = [
                float(
                    client.infer(
                        running,
                        [make_input(triton_http, key)],
                        sequence_id=key,
                        sequence_start=step == 0,
                        sequence_end=step == 9,
                    ).as_numpy("sum")[0, 0]
                )
                for step in range(10)
            ]

    threads = [threading.Thread(target=work, args=(key,)) for key in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sums == {key: [key * (step + 1.0) for step in range(10)] for key in range(1, 9)}


def test_a_stream_carries_sequences_too(stand: Stand, running: str) -> None:
    host = f"{stand.settings.host}:{stand.settings.private_grpc_port}"
    answers: Queue[tuple[Any, Any]] = Queue()
    with triton_grpc.InferenceServerClient(host) as client:
        client.start_stream(lambda result, error: answers.put((result, error)))
        for step, name in ((0, "a"), (0, "b"), (1, "a"), (1, "b")):
            client.async_stream_infer(
                running,
                [make_input(triton_grpc, 1.0 if name == "a" else 10.0)],
                sequence_id=name,
                sequence_start=step == 0,
                sequence_end=step == 1,
                request_id=f"{name}{step}",
            )
        found = [answers.get(timeout=30) for _ in range(4)]
        client.stop_stream()
    assert [error for _, error in found if error is not None] == []
    sums = {one.get_response().id: float(one.as_numpy("sum")[0, 0]) for one, _ in found}
    assert sums == {"a0": 1.0, "b0": 10.0, "a1": 2.0, "b1": 20.0}


def test_what_is_no_step_is_told_how_to_begin(stand: Stand, running: str) -> None:
    with triton_http.InferenceServerClient(stand.private_host) as client:
        assert "sequence" in client.get_server_metadata()["extensions"]
        config = client.get_model_config(running)
        assert ("sequence_batching" in config, len(config["input"])) == (True, 1)
        with pytest.raises(InferenceServerException, match="sequence_id"):
            client.infer(running, [make_input(triton_http, 1.0)])
        with pytest.raises(InferenceServerException, match="begin it again"):
            client.infer(running, [make_input(triton_http, 1.0)], sequence_id=99)
