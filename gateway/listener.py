"""A listener: raw ASGI, from a socket's request to a facade and back. The hot path of the product."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from core.clock import Clock
from core.errors import TidegateError
from core.http import (
    ASGIApp,
    ClientGone,
    Headers,
    Receive,
    Reply,
    Scope,
    Send,
    Streamed,
    header,
    send_reply,
    send_streamed,
)
from core.oip import exchange as oip
from gateway.budget import Budget
from gateway.cors import allow_origin, answer_preflight, find_name, is_preflight
from gateway.etag import tag_reply
from gateway.facade import Exchange, Facade
from gateway.freshness import Freshness
from gateway.identity import Identities
from gateway.plane import DataPlane
from gateway.signpost import Signpost, Way
from gateway.witness import Witness

log = logging.getLogger(__name__)
# As web servers log a client that did not wait.
CLIENT_LEFT = 499
# The facade that answers at a path which a route has of its own.
_OF_PATHS = "plain_json"


class Listener:
    """Gives each request an id, its facade, and an answer in that facade's form, whatever happens.

    What no facade takes goes to `rest`; without one it is not found.
    """

    def __init__(
        self,
        plane: DataPlane,
        facades: Mapping[str, Facade],
        witness: Witness,
        budget: Budget,
        clock: Clock,
        rest: ASGIApp | None = None,
    ) -> None:
        self._plane = plane
        self._label = "private" if plane.is_private else "public"
        self._signpost = Signpost(tuple(facades.values()), has_stages=not plane.is_private)
        self._of_paths = facades.get(_OF_PATHS)
        self._witness = witness
        self._budget = budget
        self._clock = clock
        self._rest = rest
        self._identities = Identities()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        way = self._signpost.find(scope["path"], scope["headers"], self._plane.directory)
        if way.facade is None and self._rest is not None:
            await self._rest(scope, receive, send)
            return
        await self._serve(way, scope, receive, send)

    async def _serve(self, way: Way, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, inference_id = self._identities.of(scope["headers"])
        exchange = self._begin(way, scope, receive, inference_id)
        status, size = CLIENT_LEFT, 0
        try:
            reply = await self._answer(way.facade, exchange, request_id)
            if exchange.freshness is not None and reply.status == 200:
                reply = tell_freshness(exchange.freshness, reply, exchange.headers)
            status = reply.status
            known_as = exchange.inference_id.encode("ascii")
            ids = [(b"x-request-id", request_id), (b"x-tidegate-inference-id", known_as)]
            headers = [*reply.headers, *ids, *exchange.replied]
            if exchange.answered_by:
                headers.append((b"x-tidegate-variant", exchange.answered_by.encode()))
            if exchange.spent.may_show:
                headers += exchange.spent.tell(
                    exchange.headers, self._clock.now() - exchange.arrived_at
                )
            if header(exchange.headers, b"origin") is not None:
                headers += self._tell_browser(exchange)
            if isinstance(reply, Reply):
                size = len(reply.body)
                await send_reply(send, Reply(status, headers, reply.body))
            else:
                await send_streamed(send, Streamed(status, headers, reply.pieces))
        except ClientGone:
            return
        finally:
            self._budget.give(exchange.held_bytes)
            self._witness.tell(self._label, exchange, status, size, request_id.decode("ascii"))

    def _begin(self, way: Way, scope: Scope, receive: Receive, inference_id: bytes) -> Exchange:
        now = self._clock.now()
        known_as = inference_id.decode("ascii")
        exchange = Exchange(scope, way.path, receive, known_as, now, self._budget, way.stage)
        if self._witness.tracer is not None:
            exchange.trace = self._witness.tracer.begin(exchange.headers)
        return exchange

    async def _answer(
        self, facade: Facade | None, exchange: Exchange, request_id: bytes
    ) -> Reply | Streamed:
        if exchange.method == "OPTIONS" and is_preflight(exchange.method, exchange.headers):
            name = find_name(exchange.path) or self._plane.find_route(exchange, exchange.path)
            cors = self._plane.find_cors(exchange, name or "")
            if cors is not None:
                return answer_preflight(cors, exchange.headers)
        if facade is None:
            name = self._plane.find_route(exchange, exchange.path)
            if name is None or self._of_paths is None:
                return oip.not_found()
            facade = self._of_paths
            exchange.path = f"{facade.prefix}{name}:predict"
        try:
            return await facade.answer(exchange)
        except TidegateError as error:
            return facade.write_error(error)
        except ClientGone:
            raise
        except Exception:
            log.exception("request %s failed", request_id.decode("ascii"))
            return facade.write_crash(request_id.decode("ascii"))

    def _tell_browser(self, exchange: Exchange) -> Headers:
        cors = self._plane.find_cors(exchange, exchange.name)
        return (
            []
            if cors is None or exchange.method == "OPTIONS"
            else allow_origin(cors, exchange.headers)
        )


def tell_freshness(told: Freshness, reply: Reply | Streamed, asked: Headers) -> Reply | Streamed:
    """The reply of a route that keeps answers, with what is to be said of its age; and with its tag."""
    if isinstance(reply, Reply):
        reply = tag_reply(reply, asked, has_not_modified=told.has_not_modified)
    return replace(reply, headers=[*reply.headers, *told.headers()])
