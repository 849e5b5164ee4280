import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest

from core import wire
from core.batching import Batching
from core.dtypes import DataType
from core.http import Event, Headers
from core.refs import EndpointName
from core.signature import Signature, TensorSpec
from core.signing import Secret, sign
from core.tensor import Array, InferRequest, RequestedOutput, Tensor
from serving.batcher import Batcher
from serving.door import Door
from serving.server import ReplicaServer, Served
from tests.fakes.clock import FakeClock
from tests.fakes.runtime import FakeRuntime

SIGNATURE = Signature(
    (TensorSpec("x", DataType.FP32, (-1, 2)),),
    (TensorSpec("y", DataType.FP32, (-1, 2), labels=("no", "yes")),),
    batched=True,
)
ROW = np.array([[1, 3]], np.float32)
OUTPUTS = (
    TensorSpec("y", DataType.FP32, (-1, 2)),
    TensorSpec("z", DataType.FP32, (-1, 2)),
)
SERVED = Served(EndpointName("iris"), "3", "onnxruntime_onnx", SIGNATURE, 64, 10_000)
SECRET, CLOCK = Secret("k", b"s" * 32), FakeClock()
PROOF = (b"x-tidegate-proof", sign(SECRET, "iris-main-1", CLOCK.now() + 30).encode())
BODY = b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,3]}]}'


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[bytes, bytes]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        document: dict[str, object] = json.loads(self.body)
        return document


class TwoOutputs(FakeRuntime):
    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        return {"y": inputs["x"], "z": inputs["x"]}


class BrokenRuntime(FakeRuntime):
    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        return {"other": np.zeros(1)}


def ask(
    path: str,
    body: bytes = b"",
    *extra: tuple[bytes, bytes],
    method: str = "",
    proof: bool = True,
    runtime: FakeRuntime | None = None,
    draining: bool = False,
    served: Served = SERVED,
) -> Answer:
    headers: Headers = [*extra, PROOF] if proof else [*extra]
    sent: list[Event] = []

    async def receive() -> Event:
        return {"type": "http.request", "body": body}

    async def send(event: Event) -> None:
        sent.append(event)

    async def run() -> None:
        predict = (runtime or FakeRuntime()).predict
        batcher = Batcher("iris", [predict], Batching(), batched=True, typical_s=0.0)
        door = Door("iris-main-1", lambda: (SECRET,), CLOCK)
        server = ReplicaServer(served, batcher, door, "0.1.0")
        server.is_draining = draining
        chosen = method or ("POST" if body else "GET")
        scope = {"type": "http", "method": chosen, "path": path, "headers": headers}
        await server(scope, receive, send)
        assert server.in_flight == 0
        batcher.close()

    asyncio.run(run())
    return Answer(sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"])


def infer(body: bytes = BODY, *extra: tuple[bytes, bytes]) -> Answer:
    return ask("/v2/models/iris/infer", body, *extra)


def test_json_in_json_out() -> None:
    answer = infer()
    assert answer.status == 200
    output = {"name": "y", "datatype": "FP32", "shape": [1, 2], "data": [2.0, 6.0]}
    assert answer.json == {"model_name": "iris", "model_version": "3", "outputs": [output]}


def test_an_answer_says_how_long_it_waited_and_was_computed() -> None:
    queued_ns, computed_ns = map(int, infer().headers[b"x-tidegate-spent"].split(b","))
    assert 0 <= queued_ns < 10**9
    assert 0 < computed_ns < 10**9
    assert b"x-tidegate-spent" not in infer(b"{}").headers


def test_binary_in_binary_out() -> None:
    message = wire.encode_request(
        InferRequest((Tensor.of("x", np.ones((2, 2), np.float32)),), id="7")
    )
    length = (b"inference-header-content-length", b"%d" % (message.header_length or 0))
    answer = infer(message.body, length)
    read = wire.decode_response(
        answer.body, int(answer.headers[b"inference-header-content-length"])
    )
    assert read.id == "7"
    assert read.outputs[0].array.tolist() == [[2, 2], [2, 2]]


@pytest.mark.parametrize(("asked", "given"), [(["z"], ["z"]), ([], ["y", "z"])])
def test_only_the_outputs_that_were_asked_for(asked: list[str], given: list[str]) -> None:
    outputs = tuple(RequestedOutput(name) for name in asked)
    message = wire.encode_request(InferRequest((Tensor.of("x", ROW),), outputs))
    length = (b"inference-header-content-length", b"%d" % (message.header_length or 0))
    two = replace(SERVED, signature=Signature(SIGNATURE.inputs, OUTPUTS, batched=True))
    runtime = TwoOutputs(poison=None)
    answer = ask("/v2/models/iris/infer", message.body, length, runtime=runtime, served=two)
    header_length = int(answer.headers.get(b"inference-header-content-length", len(answer.body)))
    header = json.loads(answer.body[:header_length])
    assert [output["name"] for output in header["outputs"]] == given


def test_classes_of_an_output() -> None:
    asked = (RequestedOutput("y", classification=1),)
    message = wire.encode_request(
        InferRequest((Tensor.of("x", np.array([[1, 3]], np.float32)),), asked)
    )
    length = (b"inference-header-content-length", b"%d" % (message.header_length or 0))
    answer = infer(message.body, length)
    assert b"6.000000:1:yes" in answer.body


@pytest.mark.parametrize(
    ("path", "method", "status", "says"),
    [
        ("/v2/models/other", "GET", 404, "unknown model: 'other'"),
        ("/v2/models/iris/versions/9", "GET", 404, "unknown model"),
        ("/v2/models/iris/infer", "GET", 405, "Method Not Allowed"),
        ("/nope", "GET", 404, "Not Found"),
        ("/v2/models/other/stats", "GET", 404, "unknown model"),
        ("/v2/repository/index", "POST", 501, "repository_index is not supported"),
    ],
)
def test_what_is_not_there(path: str, method: str, status: int, says: str) -> None:
    answer = ask(path, method=method)
    assert answer.status == status
    assert says in str(answer.json["error"])


def test_descriptions() -> None:
    assert ask("/v2").json["name"] == "tidegate"
    assert ask("/v2/models/iris").json["versions"] == ["3"]
    assert ask("/v2/models/iris/versions/3/config").json["max_batch_size"] == 64
    assert ask("/v2/models/iris/ready").json == {"name": "iris", "ready": True}


def test_health_needs_no_proof_and_says_when_it_drains() -> None:
    assert ask("/v2/health/live", proof=False).status == 200
    assert ask("/v2/health/ready", proof=False).status == 200
    assert ask("/v2/health/ready", proof=False, draining=True).status == 503


@pytest.mark.parametrize("path", ["/v2/models/iris/infer", "/v2/models/iris", "/v2"])
def test_nobody_comes_in_without_a_proof(path: str) -> None:
    body = BODY if path.endswith("infer") else b""
    assert ask(path, body, proof=False).status == 401


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"{", 400, "failed to parse"),
        (BODY.replace(b"FP32", b"FP64"), 400, "expected FP32[-1, 2], given FP64[1, 2]"),
        (b"x" * 20_000, 413, "limit of 10000"),
    ],
)
def test_bad_bodies(body: bytes, status: int, says: str) -> None:
    answer = infer(body)
    assert answer.status == status
    assert says in str(answer.json["error"])


@pytest.mark.parametrize("timeout", [b"x", b"0", b"-1", b"nan", b"1e9"])
def test_odd_timeouts_are_refused(timeout: bytes) -> None:
    assert infer(BODY, (b"x-tidegate-timeout", timeout)).status == 400


def test_a_model_that_breaks_its_word_is_an_error_of_the_model() -> None:
    answer = ask("/v2/models/iris/infer", BODY, runtime=BrokenRuntime(poison=None))
    assert answer.status == 500
    assert "error" in answer.json


def test_it_tells_what_it_has_counted() -> None:
    (stats,) = json.loads(ask("/v2/models/iris/stats").body)["model_stats"]
    assert (stats["name"], stats["version"], stats["execution_count"]) == ("iris", "3", 0)
