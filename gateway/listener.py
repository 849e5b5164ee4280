"""A listener: raw ASGI, from a socket's request to a facade and back. The hot path of the product."""

import logging
from collections.abc import Mapping

from core.clock import Clock
from core.errors import TidegateError
from core.http import (
    ASGIApp,
    ClientGone,
    Receive,
    Reply,
    Scope,
    Send,
    Streamed,
    send_reply,
    send_streamed,
)
from core.oip import exchange as oip
from gateway.budget import Budget
from gateway.facade import Exchange, Facade
from gateway.identity import Identities
from gateway.metrics import RequestMetrics

log = logging.getLogger(__name__)
# As web servers log a client that did not wait.
CLIENT_LEFT = 499


class Listener:
    """Gives each request an id, its facade, and an answer in that facade's form, whatever happens.

    What no facade takes goes to `rest`; without one it is not found.
    """

    def __init__(
        self,
        label: str,
        facades: Mapping[str, Facade],
        metrics: RequestMetrics,
        budget: Budget,
        clock: Clock,
        rest: ASGIApp | None = None,
    ) -> None:
        self._label = label
        self._facades = tuple((facade.prefix, facade) for facade in facades.values())
        self._metrics = metrics
        self._budget = budget
        self._clock = clock
        self._rest = rest
        self._identities = Identities()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        for prefix, facade in self._facades:
            if path.startswith(prefix):
                await self._serve(facade, scope, receive, send)
                return
        if self._rest is not None:
            await self._rest(scope, receive, send)
        else:
            await send_reply(send, oip.not_found())

    async def _serve(self, facade: Facade, scope: Scope, receive: Receive, send: Send) -> None:
        arrived_at = self._clock.now()
        request_id, inference_id = self._identities.of(scope["headers"])
        exchange = Exchange(
            scope["method"],
            scope["path"],
            scope["headers"],
            receive,
            inference_id.decode("ascii"),
            arrived_at,
            self._budget,
        )
        status = CLIENT_LEFT
        try:
            reply = await self._answer(facade, exchange, request_id)
            status = reply.status
            ids = [(b"x-request-id", request_id), (b"x-tidegate-inference-id", inference_id)]
            headers = [*reply.headers, *ids]
            if isinstance(reply, Reply):
                await send_reply(send, Reply(status, headers, reply.body))
            else:
                await send_streamed(send, Streamed(status, headers, reply.pieces))
        except ClientGone:
            return
        finally:
            self._budget.give(exchange.held_bytes)
            # What callers that were not let in made up is no label.
            name = "" if status in (401, 404) else exchange.name
            self._metrics.record(self._label, name, status, self._clock.now() - arrived_at)

    async def _answer(
        self, facade: Facade, exchange: Exchange, request_id: bytes
    ) -> Reply | Streamed:
        try:
            return await facade.answer(exchange)
        except TidegateError as error:
            return facade.write_error(error)
        except ClientGone:
            raise
        except Exception:
            log.exception("request %s failed", request_id.decode("ascii"))
            return facade.write_crash(request_id.decode("ascii"))
