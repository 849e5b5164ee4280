"""A gateway in memory whose route `flowers` keeps answers, and callers of it."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from core.exposure import Exposure
from core.tensor import InferRequest, InferResponse, Tensor
from gateway.call import Call
from gateway.caller import PlainCaller
from gateway.entrance import PublicEntrance
from gateway.published import Published, StageView
from gateway.upstream import UpstreamReply
from registry.records import Resident
from tests.fakes.gateway import (
    KEY,
    KEY_ID,
    OTHER_ID,
    OTHER_KEY,
    FakeGateway,
    make_directory,
    make_key,
    make_reply,
)

ROUTE = {"name": "flowers", "endpoint": "iris", "operations": ["infer", "documents"]}
FOR_A_MINUTE = {"ttl_s": 60}
ANN, BEN = KEY, OTHER_KEY


def ask_for(value: float = 1.0, **parameters: Any) -> InferRequest:
    """A request of its own for each value."""
    return InferRequest((Tensor.of("x", np.full((1, 2), value, "f4")),), parameters=parameters)


@dataclass
class CachedGateway:
    """Counts what replicas compute; each answer is another, so that a kept one is known by its content.

    While `gate` is closed replicas wait; `failures` are answered before.
    """

    gateway: FakeGateway = field(default_factory=lambda: FakeGateway(share=1.0))
    failures: list[UpstreamReply] = field(default_factory=list)
    computed: int = 0

    def __post_init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.gateway.upstream.answers["r1:80"] = self._compute
        self.plane = self.gateway.plane(PublicEntrance(self.gateway.trust))
        self.publish()

    def publish(
        self, *residents: Resident, number: int = 1, cache: Any = FOR_A_MINUTE, **fields: Any
    ) -> None:
        """Let the route say this, in the deployment of this number."""
        said = {**ROUTE, "cache": cache, **fields}
        directory = make_directory(*residents, share=1.0)
        exposure = Exposure.read(
            {"routes": [said], "plans": [{"name": "two", "rate": 0.001, "burst": 2}]}
        )
        stages = {"prod": StageView("prod", Published.of(exposure, number))}
        digests = [directory.keys[KEY_ID].digest, directory.keys[OTHER_ID].digest]
        keys = {
            one: make_key(one, digest)
            for one, digest in zip((KEY_ID, OTHER_ID), digests, strict=True)
        }
        self.gateway.follower.adopt(replace(directory, stages=stages, keys=keys))

    async def infer(
        self, request: InferRequest, control: str = "", key: str = ANN, inference_id: str = "i"
    ) -> tuple[InferResponse, str]:
        """The answer, and what was told of the cache."""
        headers = [(b"x-api-key", key.encode()), (b"cache-control", control.encode())]
        caller = PlainCaller(headers if control else headers[:1])
        call = Call("flowers", "", caller, inference_id, self.gateway.clock.now())
        response = await self.plane.infer(call, request)
        told = caller.freshness
        return response, "" if told is None else told.status

    async def tell(self, value: float = 1.0, control: str = "", key: str = ANN) -> str:
        """What is told of the cache for this request."""
        return (await self.infer(ask_for(value), control, key))[1]

    async def _compute(self, _message: bytes) -> UpstreamReply:
        self.computed += 1
        number = self.computed
        await self.gate.wait()
        if self.failures:
            return self.failures.pop()
        label = Tensor.of("label", np.array([number]))
        scores = Tensor.of("scores", np.full((1, 2), number, "f4"))
        return make_reply(outputs=(label, scores))
