"""What an inference must come to, whichever way it came."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from gateway.upstream import UpstreamReply
from tests.fakes.gateway import KEY, OTHER_KEY, FakeGateway

KEYED = {"authorization": f"Bearer {KEY}"}
ROWS = np.zeros((1, 2), np.float32)


@dataclass(frozen=True, slots=True)
class Told:
    """What the caller was told: HTTP's status, or its like; the error's text; the scores."""

    status: int
    error: str = ""
    scores: Any = None
    request_id: str = ""


Ask = Callable[..., Awaitable[Told]]


def refuse(status: int, **headers: str) -> Callable[[bytes], Awaitable[UpstreamReply]]:
    """A replica that answers with this error."""
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]

    async def answer(_message: bytes) -> UpstreamReply:
        return UpstreamReply(status, sent, b'{"error": "it broke"}')

    return answer


class InferenceContract:
    """A subclass gives `ask(name, headers, rows, **parameters)` over `gateway`'s public entrance."""

    @pytest.fixture
    def gateway(self) -> FakeGateway:
        return FakeGateway(share=1.0)

    @pytest.fixture
    def ask(self, gateway: FakeGateway) -> Ask:
        raise AssertionError("a subclass gives this")

    async def test_it_is_answered_and_captured(self, gateway: FakeGateway, ask: Ask) -> None:
        told = await ask("flowers", {**KEYED, "x-request-id": "r-1"}, ROWS, mine="x")
        assert (told.status, told.scores, told.request_id) == (200, [[0.25, 0.75]], "r-1")
        assert [record.inference_id for record in gateway.tap.records] == ["r-1"]

    @pytest.mark.parametrize(
        ("name", "headers", "status", "says"),
        [
            ("flowers", {}, 401, "a valid API key is required"),
            ("flowers", {"x-api-key": "nonsense"}, 401, "a valid API key is required"),
            ("flowers", {"x-api-key": OTHER_KEY}, 403, "may not use route 'flowers'"),
            ("iris", KEYED, 404, "Request for unknown model: 'iris' is not found"),
        ],
    )
    async def test_who_may_not_is_told(
        self, ask: Ask, name: str, headers: dict[str, str], status: int, says: str
    ) -> None:
        told = await ask(name, headers, ROWS)
        assert told.status == status
        assert says in told.error

    @pytest.mark.parametrize(
        ("rows", "says"),
        [
            (np.zeros((1, 3), np.float32), "tensor 'x': expected FP32[-1, 2], given FP32[1, 3]"),
            (np.zeros((1, 2), np.float64), "tensor 'x': expected FP32[-1, 2], given FP64[1, 2]"),
        ],
    )
    async def test_what_does_not_fit_is_told(self, ask: Ask, rows: Any, says: str) -> None:
        assert await ask("flowers", KEYED, rows) == Told(400, says, None, "r")

    @pytest.mark.parametrize("parameters", [{"timeout": -1}, {"priority": "x"}, {"idempotent": 1}])
    async def test_reserved_parameters_are_checked(
        self, ask: Ask, parameters: dict[str, Any]
    ) -> None:
        told = await ask("flowers", KEYED, ROWS, **parameters)
        assert (told.status, f"parameter '{next(iter(parameters))}'" in told.error) == (400, True)

    @pytest.mark.parametrize(
        ("answer", "status", "says"),
        [
            (refuse(500), 500, "it broke"),
            (refuse(400), 400, "it broke"),
            (refuse(501), 501, "it broke is not supported here"),
            (refuse(503, retry_after="2"), 503, "retry after 2 s"),
            (refuse(504), 504, "no answer within 5 s"),
        ],
    )
    async def test_what_a_replica_says_is_passed_on(
        self, gateway: FakeGateway, ask: Ask, answer: Any, status: int, says: str
    ) -> None:
        gateway.upstream.answers["r1:80"] = answer
        told = await ask("flowers", KEYED, ROWS)
        assert (told.status, says in told.error) == (status, True)
