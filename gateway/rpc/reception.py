"""The reception: ids, errors and metrics of every RPC, whatever it asks for."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

import grpc

from core.clock import Clock
from core.errors import TidegateError
from core.http import Headers
from core.statuses import headers_of, status_of
from gateway.budget import Budget
from gateway.caller import Certificate
from gateway.identity import Identities
from gateway.rpc.exchange import Exchange, read_headers
from gateway.rpc.status import code_of
from gateway.witness import Witness

log = logging.getLogger(__name__)
# Metrics speak HTTP's statuses for both protocols; this one is a client that did not wait.
CLIENT_LEFT = 499
Failure = tuple[grpc.StatusCode, str, int]


class Reception:
    """One listener's. Counts each request under `{label}_grpc`."""

    def __init__(self, label: str, witness: Witness, budget: Budget, clock: Clock) -> None:
        self._label = f"{label}_grpc"
        self._witness = witness
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
            said = (*trailing, *say(exchange.replied), *say_when(error))
            context.set_trailing_metadata(said)
            return await context.abort(code, text)
        else:
            more = say(exchange.replied)
            if exchange.answered_by:
                more.append(("x-tidegate-variant", exchange.answered_by))
            if exchange.freshness is not None:
                more += say(exchange.freshness.headers())
            if exchange.spent.may_show:
                seconds = self._clock.now() - exchange.arrived_at
                more += say(exchange.spent.tell(headers, seconds))
            if more:
                context.set_trailing_metadata((*trailing, *more))
            return answer
        finally:
            self.end(exchange, status)

    def identify(self, context: Any) -> tuple[Any, bytes, bytes]:
        """The headers of a stream, and the ids that its requests' own ids are made of."""
        headers = read_headers(context.invocation_metadata())
        return headers, *self._identities.of(headers)

    def begin(self, context: Any, headers: Any, inference_id: str) -> Exchange:
        """One request's exchange; whoever begins it ends it."""
        exchange = Exchange(
            headers,
            inference_id,
            self._clock.now(),
            context.time_remaining(),
            self._budget,
            address=read_address(context.peer()),
            certificate=read_certificate(context.auth_context()),
        )
        if (tracer := self._witness.tracer) is not None:
            exchange.trace = tracer.begin(headers)
        return exchange

    def end(self, exchange: Exchange, status: int) -> None:
        """Count the request, and let go of what it held."""
        self._budget.give(exchange.held_bytes)
        self._witness.tell(self._label, exchange, status)
        exchange.held_bytes = 0


def judge(error: Exception, request_id: str) -> Failure:
    """An error's gRPC status, text, and status in metrics; what nobody foresaw is logged and not told."""
    if isinstance(error, TidegateError):
        return code_of(type(error)), str(error), status_of(type(error))
    log.error("request %s failed", request_id, exc_info=error)
    return grpc.StatusCode.INTERNAL, f"internal error, request {request_id}", 500


def say(headers: Headers) -> list[tuple[str, str]]:
    """Headers that go with the answer, as metadata."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def read_address(peer: str) -> str:
    """The IP address of gRPC's name for a peer: `ipv4:1.2.3.4:5`, `ipv6:%5B::1%5D:5`."""
    kind, _, rest = unquote(peer).partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in ("ipv4", "ipv6") else ""


def read_certificate(auth: Mapping[str, Sequence[bytes]]) -> Certificate | None:
    """The client's certificate, where the listener asked for one."""
    pem = next(iter(auth.get("x509_pem_cert", ())), None)
    if pem is None:
        return None
    names = [name.decode("latin-1") for name in auth.get("x509_subject_alternative_name", ())]
    common = next((name.decode("latin-1") for name in auth.get("x509_common_name", ())), "")
    return Certificate(common, sha256(pem).hexdigest(), tuple(names))


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
