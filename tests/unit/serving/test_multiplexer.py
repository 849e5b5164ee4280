import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from core.batching import Batching
from core.clock import SystemClock
from core.dtypes import DataType
from core.errors import EndpointNotFound, RuntimeUnavailable
from core.pool import PoolSpec
from core.refs import EndpointName, ResidentId
from core.signature import Signature, TensorSpec
from core.signing import Secret, sign
from serving.door import Door
from serving.engine import Loaded
from serving.multiplexer import Multiplexer, Shelved
from serving.server import Served
from tests.fakes.asgi import Answer, ask
from tests.fakes.runtime import FakeRuntime

SIGNATURE = Signature(
    (TensorSpec("x", DataType.FP32, (-1, 1)),),
    (TensorSpec("y", DataType.FP32, (-1, 1)),),
    batched=True,
)
SECRET, CLOCK = Secret("k", b"s" * 32), SystemClock()
BODY = b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[4]}]}'
MEGABYTE = 2**20


@dataclass
class FakeSource:
    """Models of 10 MB; `heavy` has 1000, `broken` does not load, and `unknown` is not there."""

    loads: list[str] = field(default_factory=list)
    here: set[str] = field(default_factory=set)
    runtimes: dict[str, FakeRuntime] = field(default_factory=dict)

    def load(self, resident: ResidentId) -> Shelved:
        self.loads.append(resident)
        if resident == "unknown":
            raise EndpointNotFound(resident)
        if resident == "broken":
            raise RuntimeUnavailable("onnx", "rotten")
        runtime = self.runtimes[resident] = FakeRuntime()
        served = Served(EndpointName(resident), "1", "fake", SIGNATURE, 64, 10_000)
        size = (1000 if resident == "heavy" else 10) * MEGABYTE
        # Slow, so that a run does not hold the loop.
        loaded = replace(Loaded.of(served, [runtime], Batching()), typical_s=1.0)
        return Shelved(loaded, size)

    def announce(self, resident: ResidentId) -> None:
        self.here.add(resident)

    def withdraw(self, resident: ResidentId) -> None:
        self.here.discard(resident)


Story = Callable[[Multiplexer, FakeSource], Coroutine[Any, Any, None]]


def tell(story: Story, memory_mb: int = 25, max_models: int = 9) -> FakeSource:
    """Run a story with a multiplexer that has room for two small models."""

    async def work() -> None:
        spec = PoolSpec(name="small", memory_mb=memory_mb, max_models=max_models)
        app = Multiplexer(spec, source, lambda name: Door(name, lambda: (SECRET,), CLOCK), "1")
        try:
            await story(app, source)
        finally:
            app.close()

    source = FakeSource()
    asyncio.run(work())
    return source


async def infer(app: Multiplexer, resident: str, audience: str = "") -> Answer:
    proof = sign(SECRET, ResidentId(audience or resident), CLOCK.now() + 30)
    headers = {"host": resident, "x-tidegate-proof": proof}
    return await ask(app, "POST", f"/v2/models/{resident}/infer", BODY, headers)


def test_a_model_is_loaded_once_for_all_who_ask() -> None:
    async def story(app: Multiplexer, source: FakeSource) -> None:
        answers = await asyncio.gather(*(infer(app, "a") for _ in range(5)))
        assert {one.status for one in answers} == {200}
        assert (await infer(app, "a")).json["outputs"][0]["data"] == [8.0]

    assert tell(story).loads == ["a"]


def test_the_one_that_was_asked_for_the_longest_ago_makes_room() -> None:
    async def story(app: Multiplexer, source: FakeSource) -> None:
        for resident in ("a", "b", "a", "c"):
            assert (await infer(app, resident)).status == 200
        assert list(app.engines) == ["a", "c"]
        assert (await infer(app, "b")).status == 200

    source = tell(story)
    assert source.loads == ["a", "b", "c", "b"]


def test_there_are_at_most_so_many_models() -> None:
    async def story(app: Multiplexer, source: FakeSource) -> None:
        for resident in ("a", "b"):
            await infer(app, resident)
        assert list(app.engines) == ["b"]

    tell(story, max_models=1)


def test_what_is_busy_stays_and_the_other_is_refused() -> None:
    async def story(app: Multiplexer, source: FakeSource) -> None:
        await infer(app, "a")
        runtime = source.runtimes["a"]
        runtime.entered.clear()
        runtime.gate.clear()
        busy = asyncio.create_task(infer(app, "a"))
        await asyncio.to_thread(runtime.entered.wait, 10)
        assert (await infer(app, "b")).status == 503
        assert app.in_flight == 1
        runtime.gate.set()
        assert (await busy).status == 200
        assert (await infer(app, "b")).status == 200

    tell(story, max_models=1)


def test_a_model_larger_than_all_room_has_the_replica_to_itself() -> None:
    async def story(app: Multiplexer, source: FakeSource) -> None:
        await infer(app, "a")
        assert (await infer(app, "heavy")).status == 200
        assert list(app.engines) == ["heavy"]

    tell(story)


def test_one_that_does_not_load_says_why_and_is_not_tried_at_each_request() -> None:
    async def story(app: Multiplexer, source: FakeSource) -> None:
        for _ in range(3):
            answer = await infer(app, "broken")
            assert answer.status == 500
            assert "rotten" in answer.json["error"]

    assert tell(story).loads == ["broken"]


@pytest.mark.parametrize(
    ("resident", "audience", "status"), [("a", "b", 401), ("unknown", "", 404)]
)
def test_strangers_load_nothing(resident: str, audience: str, status: int) -> None:
    async def story(app: Multiplexer, source: FakeSource) -> None:
        assert (await infer(app, resident, audience)).status == status
        assert app.engines == {}

    assert tell(story).loads in ([], ["unknown"])


def test_what_nobody_wants_any_more_is_dropped() -> None:
    async def story(app: Multiplexer, source: FakeSource) -> None:
        await infer(app, "a")
        app.drop(ResidentId("a"))
        app.drop(ResidentId("never-here"))
        assert app.engines == {}
        await infer(app, "b")
        await asyncio.get_running_loop().run_in_executor(app._worker, int)

    assert tell(story).here == {"b"}
