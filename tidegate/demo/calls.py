"""Act four: real clients, good requests and bad ones."""

import json
import subprocess
from pathlib import Path
from time import monotonic, sleep

import httpx
import numpy as np
import pyarrow.parquet as pq
import tritonclient.http as triton

from core.tensor import Array
from tidegate.demo.models import CLASSIFIER, FILE_TYPES, find_magika, read_config, read_features
from tidegate.demo.stage import PromiseBroken, Stage

_FOLLOW_S = 10.0
KEY_HEADER = '-H "Authorization: Bearer $KEY"'


def call_every_way(stage: Stage) -> None:
    """Call through the public listener with three clients, then wrongly in three ways."""
    with stage.open_act("Call it: curl, tritonclient, plain JSON; and wrongly"):
        rows = read_rows(stage.held_out)[:4]
        await_route(stage)
        call_with_curl(stage, rows)
        call_with_triton(stage, rows)
        call_with_rows(stage, stage.held_out)
        call_wrongly(stage, rows)
        call_privately(stage)


def read_rows(held_out: str) -> Array:
    """The held-out rows' features, FP32[n, 30]."""
    table = pq.read_table(held_out).drop_columns(["label"])
    return np.column_stack([column.to_numpy() for column in table.columns]).astype(np.float32)


def await_route(stage: Stage) -> None:
    """Gateways follow a change within their poll interval."""
    url = f"{stage.settings.public_url}/v2/models/{CLASSIFIER}"
    ends = monotonic() + _FOLLOW_S
    while httpx.get(url, headers=bearer(stage)).status_code != 200:
        if monotonic() > ends:
            raise PromiseBroken("the gateway did not follow the new route")
        sleep(0.05)


def bearer(stage: Stage) -> dict[str, str]:
    """The header that carries the key."""
    return {"Authorization": f"Bearer {stage.key}"}


def infer_url(stage: Stage) -> str:
    """Where the classifier answers publicly."""
    return f"{stage.settings.public_url}/v2/models/{CLASSIFIER}/infer"


def write_body(rows: Array, datatype: str = "FP32", name: str = "features") -> str:
    """An Open Inference Protocol request as JSON."""
    tensor = {
        "name": name,
        "datatype": datatype,
        "shape": list(rows.shape),
        "data": rows.ravel().tolist(),
    }
    return json.dumps({"inputs": [tensor]})


def write_curl(url: str, file: Path, header: str = KEY_HEADER) -> str:
    """The command that sends a kept file; it reads the key from the variable `KEY`."""
    return " ".join(part for part in ("curl -sS", url, header, f"-d @{file}") if part)


def run_curl(url: str, body: str, *options: str) -> tuple[int, str]:
    """Status and body that the real curl gets."""
    command = ["curl", "-sS", "-w", "\n%{http_code}", url, "-d", "@-", *options]
    ran = subprocess.run(command, input=body, capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    answer, _, status = ran.stdout.rpartition("\n")
    return int(status), answer


def call_with_curl(stage: Stage, rows: Array) -> None:
    """JSON in, JSON out."""
    options = ("-H", f"Authorization: Bearer {stage.key}")
    body = write_body(rows)
    status, answer = run_curl(infer_url(stage), body, *options)
    stage.expect(status, 200, "curl with a key")
    outputs = {output["name"]: output["data"] for output in json.loads(answer)["outputs"]}
    command = write_curl(infer_url(stage), stage.keep("tensor.json", body))
    stage.show("curl, 4 rows", f"200, labels {outputs['label']}", command)


def call_with_triton(stage: Stage, rows: Array) -> None:
    """The unmodified Triton client, binary tensors."""
    host = stage.settings.public_url.removeprefix("http://")
    with triton.InferenceServerClient(host) as client:
        tensor = triton.InferInput("features", list(rows.shape), "FP32")
        tensor.set_data_from_numpy(rows)
        answer = client.infer(CLASSIFIER, [tensor], headers=bearer(stage))
    chances = answer.as_numpy("probabilities").round(3).tolist()
    outcome = f"probabilities {chances[0]}, ..."
    stage.show("tritonclient.http, binary", outcome)


def call_with_rows(stage: Stage, held_out: str) -> None:
    """Plain JSON with named features."""
    row = pq.read_table(held_out).drop_columns(["label"]).slice(0, 1).to_pylist()[0]
    url = f"{stage.settings.public_url}/v1/endpoints/{CLASSIFIER}:predict"
    body = json.dumps({"rows": [row]})
    answer = httpx.post(url, content=body, headers=bearer(stage))
    stage.expect(answer.status_code, 200, "plain JSON")
    prediction = answer.json()["predictions"][0]
    command = write_curl(url, stage.keep("rows.json", body))
    stage.show("plain JSON, a row of named features", f"200, {prediction}", command)


def call_wrongly(stage: Stage, rows: Array) -> None:
    """No key; a tensor that does not fit; an endpoint without a route."""
    url, body = infer_url(stage), write_body(rows)
    status, answer = run_curl(url, body)
    stage.expect(status, 401, "the same call without a key")
    command = write_curl(url, stage.keep("tensor.json", body), header="")
    stage.show("without a key", f"401, {answer}", command)
    options = ("-H", f"Authorization: Bearer {stage.key}")
    wrong = write_body(rows[:, :7], "FP64")
    status, answer = run_curl(url, wrong, *options)
    stage.expect(status, 400, "a tensor that does not fit")
    unsaid = [text for text in ("features", "FP32[-1, 30]", "FP64[4, 7]") if text not in answer]
    stage.expect(unsaid, [], "what the answer does not name")
    command = write_curl(url, stage.keep("wrong-tensor.json", wrong))
    stage.show("with a wrong tensor", f"400, {answer}", command)
    url = url.replace(CLASSIFIER, FILE_TYPES)
    status, answer = run_curl(url, body, *options)
    stage.expect(status, 404, "the private endpoint, publicly")
    command = write_curl(url, stage.keep("tensor.json", body))
    stage.show("the private endpoint, publicly", f"404, {answer}", command)


def call_privately(stage: Stage) -> None:
    """Ask the private endpoint, where it is reachable, for the type of real files."""
    config = read_config(find_magika())
    files = {"python": Path(__file__), "onnx": find_magika() / "model.onnx"}
    features = [read_features(file.read_bytes(), config) for file in files.values()]
    host = stage.settings.private_url.removeprefix("http://")
    with triton.InferenceServerClient(host) as client:
        tensor = triton.InferInput("bytes", [len(features), 2048], "INT32")
        tensor.set_data_from_numpy(np.array(features, np.int32))
        best = triton.InferRequestedOutput("target_label", class_count=1)
        answer = client.infer(FILE_TYPES, [tensor], outputs=[best]).as_numpy("target_label")
    found = [element.decode().split(":")[-1] for element in answer.ravel()]
    stage.expect(found, list(files), "file types by Magika")
    url = f"{stage.settings.private_url}/v2/models/{FILE_TYPES}/infer"
    asked = {"name": "target_label", "parameters": {"classification": 1}}
    body = {**json.loads(write_body(np.array(features), "INT32", "bytes")), "outputs": [asked]}
    command = write_curl(url, stage.keep("files.json", json.dumps(body)), header="")
    outcome = f"types of two real files: {', '.join(found)}"
    stage.show("the private endpoint, privately", outcome, command)
