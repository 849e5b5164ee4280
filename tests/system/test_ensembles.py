"""An ensemble of a model here and a model on another server, packaged and served by the command."""

import json
from pathlib import Path

import numpy as np
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http

from tests.samples import write_linear_model
from tests.system.stand import Stand

ROWS = np.array([[1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 0.0, 1.0]], np.float32)
# What the two linear models make of ROWS: by W = [[0, 1], [2, 3], ...], then by [[0, 1], [2, 3]].
PASSED = ROWS @ np.arange(8, dtype=np.float32).reshape(4, 2)
EXPECTED = PASSED @ np.arange(4, dtype=np.float32).reshape(2, 2)


def write_json(path: Path, document: object) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return str(path)


def test_tensors_flow_from_a_model_here_to_one_on_another_server(stand: Stand) -> None:
    drafts = stand.settings.home / "drafts" / "flow"

    def publish(name: str, source: str, *options: str) -> None:
        package = str(drafts / f"{name}-package")
        stand.read("models", "package", source, "--name", name, "--out", package, *options)
        stand.read("models", "publish", package)

    publish("wide", str(write_linear_model(drafts / "wide" / "model.onnx", 4)))
    publish("narrow", str(write_linear_model(drafts / "narrow" / "model.onnx", 2)))
    stand.deploy("narrow", "narrow:1")
    # The other server is this platform's own private listener: a server like any other to the package.
    remote = {"url": stand.settings.private_url, "model": "narrow"}
    publish("away", write_json(drafts / "remote.json", remote))
    first = {"name": "first", "model": "wide:1", "inputs": {"features": "features"}}
    second = {"name": "second", "model": "away:1", "inputs": {"features": "passed"}}
    flow = {
        "inputs": ["features"],
        "outputs": ["scores"],
        "steps": [
            {**first, "outputs": {"scores": "passed"}},
            {**second, "outputs": {"scores": "scores"}},
        ],
    }
    publish("flow", write_json(drafts / "ensemble.json", flow), "--kind", "ensemble")
    stand.deploy("flow", "flow:1")
    grpc_host = f"{stand.settings.host}:{stand.settings.private_grpc_port}"
    for library, host in ((triton_http, stand.private_host), (triton_grpc, grpc_host)):
        with library.InferenceServerClient(host) as client:
            tensor = library.InferInput("features", list(ROWS.shape), "FP32")
            tensor.set_data_from_numpy(ROWS)
            answer = client.infer("flow", [tensor]).as_numpy("scores")
            assert np.array_equal(answer, EXPECTED)
    with stand.connect() as client:
        client.endpoints.remove("flow")
        client.endpoints.remove("narrow")
