import asyncio

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
from serving.engine import Engine, Loaded, warm_up
from serving.server import Served
from tests.fakes.asgi import ask
from tests.fakes.runtime import FakeRuntime

SIGNATURE = Signature(
    (TensorSpec("x", DataType.FP32, (-1, 1)),),
    (TensorSpec("y", DataType.FP32, (-1, 1)),),
    batched=True,
)
SECRET, CLOCK = Secret("k", b"s" * 32), SystemClock()
BODY = b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[4]}]}'


def test_an_engine_answers_and_counts() -> None:
    async def work() -> tuple[int, int]:
        served = Served(EndpointName("iris"), "1", "fake", SIGNATURE, 64, 10_000)
        loaded = Loaded.of(served, [FakeRuntime()], Batching())
        engine = Engine(loaded, Door("r", lambda: (SECRET,), CLOCK), "0.1.0")
        proof = sign(SECRET, "r", CLOCK.now() + 30)
        headers = {"x-tidegate-proof": proof}
        reply = await ask(engine, "POST", "/v2/models/iris/infer", BODY, headers)
        assert not engine.is_stuck
        engine.is_draining = True
        assert (engine.is_draining, engine.in_flight, engine.outstanding_rows) == (True, 0, 0)
        engine.close()
        loaded.close()
        return reply.status, engine.counts.requests

    assert asyncio.run(work()) == (200, 1)


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
