"""The reception: ids, errors and metrics of every RPC, whatever it asks for."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from core.clock import Clock
from core.errors import TidegateError
from core.statuses import headers_of, status_of
from gateway.budget import Budget
from gateway.identity import Identities
from gateway.metrics import RequestMetrics
from gateway.rpc.exchange import Exchange, read_headers
from gateway.rpc.status import code_of

log = logging.getLogger(__name__)
# Metrics speak HTTP's statuses for both protocols; this one is a client that did not wait.
CLIENT_LEFT = 499
Failure = tuple[grpc.StatusCode, str, int]


class Reception:
    """One listener's. Counts each request under `{label}_grpc`."""

    def __init__(self, label: str, metrics: RequestMetrics, budget: Budget, clock: Clock) -> None:
        self._label = f"{label}_grpc"
        self._metrics = metrics
        self._budget = budget
        self._clock = clock
        self._identities = Identities()

    async def answer(self, context: Any, step: Callable[[Exchange], Awaitable[Any]]) -> Any:
        """Answer one RPC by `step`, or end it with the status of what `step` raised."""
        headers = read_headers(context.invocation_metadata())
        ids = self._identities.of(headers)
        trailing = name_ids(*ids)
        context.set_trailing_metadata(trailing)
        exchange = self.begin(context, headers, ids[1].decode("ascii"))
        status = CLIENT_LEFT
        try:
            answer = await step(exchange)
            status = 200
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer
            code, text, status = judge(error, ids[0].decode("ascii"))
            context.set_trailing_metadata((*trailing, *say_when(error)))
            return await context.abort(code, text)
        else:
            return answer
        finally:
            self.end(exchange, status)

    def identify(self, context: Any) -> tuple[Any, bytes, bytes]:
        """The headers of a stream, and the ids that its requests' own ids are made of."""
        headers = read_headers(context.invocation_metadata())
        return headers, *self._identities.of(headers)

    def begin(self, context: Any, headers: Any, inference_id: str) -> Exchange:
        """One request's exchange; whoever begins it ends it."""
        return Exchange(
            headers, inference_id, self._clock.now(), context.time_remaining(), self._budget
        )

    def end(self, exchange: Exchange, status: int) -> None:
        """Count the request, and let go of what it held."""
        self._budget.give(exchange.held_bytes)
        exchange.held_bytes = 0
        # What callers that were not let in made up is no label.
        name = "" if status in (401, 404) else exchange.name
        seconds = self._clock.now() - exchange.arrived_at
        self._metrics.record(self._label, name, status, seconds)


def judge(error: Exception, request_id: str) -> Failure:
    """An error's gRPC status, text, and status in metrics; what nobody foresaw is logged and not told."""
    if isinstance(error, TidegateError):
        return code_of(type(error)), str(error), status_of(type(error))
    log.error("request %s failed", request_id, exc_info=error)
    return grpc.StatusCode.INTERNAL, f"internal error, request {request_id}", 500


def say_when(error: Exception) -> list[tuple[str, str]]:
    """Metadata that says when to try again, as HTTP's header of that name does."""
    found = headers_of(error) if isinstance(error, TidegateError) else []
    return [(name.decode(), value.decode()) for name, value in found if name == b"retry-after"]


def name_ids(request_id: bytes, inference_id: bytes) -> tuple[tuple[str, str], ...]:
    """The ids as metadata."""
    return (
        ("x-request-id", request_id.decode("ascii")),
        ("x-tidegate-inference-id", inference_id.decode("ascii")),
    )
