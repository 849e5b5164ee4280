import http.client
import threading

import numpy as np
import pytest

from core.batching import Batching
from core.clock import SystemClock
from core.dtypes import DataType
from core.errors import PredictionFailed, RuntimeUnavailable
from core.refs import EndpointName
from core.signature import Signature, TensorSpec
from core.signing import Secret, sign
from core.tensor import Array, InferRequest, Tensor
from serving.door import Door
from serving.engine import Engine, warm_up
from serving.server import Served
from tests.fakes.runtime import FakeRuntime

SIGNATURE = Signature(
    (TensorSpec("x", DataType.FP32, (-1, 1)),),
    (TensorSpec("y", DataType.FP32, (-1, 1)),),
    batched=True,
)
SECRET, CLOCK = Secret("k", b"s" * 32), SystemClock()
BODY = b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[4]}]}'


def open_engine(runtime: FakeRuntime) -> Engine:
    served = Served(EndpointName("iris"), "1", "fake", SIGNATURE, 64, 10_000)
    return Engine(served, [runtime], Batching(), Door("r", lambda: (SECRET,), CLOCK), "0.1.0")


def ask(
    address: str, method: str = "POST", path: str = "/v2/models/iris/infer"
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address, timeout=10)
    proof = sign(SECRET, "r", CLOCK.now() + 30)
    connection.request(method, path, BODY, {"x-tidegate-proof": proof})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_it_serves_on_a_port_of_its_own_and_stops() -> None:
    engine = open_engine(FakeRuntime())
    address = engine.start("127.0.0.1")
    status, body = ask(address)
    assert (status, b"8.0" in body) == (200, True)
    assert engine.beat() < 10
    engine.stop()
    try:
        ask(address)
    except ConnectionRefusedError:
        return
    raise AssertionError("the port is still open")


def test_draining_waits_for_what_is_in_flight() -> None:
    runtime = FakeRuntime()
    engine = open_engine(runtime)
    address = engine.start("127.0.0.1")
    runtime.entered.clear()
    runtime.gate.clear()
    answers: list[int] = []
    caller = threading.Thread(target=lambda: answers.append(ask(address)[0]))
    caller.start()
    assert runtime.entered.wait(10)
    drained = threading.Thread(target=lambda: engine.drain(0.0, 10.0))
    drained.start()
    assert drained.is_alive()
    runtime.gate.set()
    drained.join(10)
    caller.join(10)
    assert answers == [200]
    assert ask(address, "GET", "/v2/health/ready") == (503, b'{"ready":false}')
    engine.stop()


def test_warming_up_measures_the_model() -> None:
    runtime = FakeRuntime()
    assert 0 < warm_up(runtime, SIGNATURE) < 0.1
    assert runtime.batches == [1] * 5


def test_a_model_that_refuses_zeros_is_taken_for_slow() -> None:
    class Picky(FakeRuntime):
        def predict(self, inputs: object) -> dict[str, Array]:
            raise PredictionFailed("m", "zeros")

    assert warm_up(Picky(), SIGNATURE) == 0.01


def test_a_warm_up_request_that_fails_says_why() -> None:
    request = InferRequest((Tensor.of("x", np.full((1, 1), 13.0, np.float32)),))
    with pytest.raises(RuntimeUnavailable, match="warm-up"):
        warm_up(FakeRuntime(poison=13.0), SIGNATURE, [request])
