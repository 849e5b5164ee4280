"""Asynchronous inference: submit now, fetch later. Bodies are those of the Open Inference Protocol.

POST   /v1/async/{name}[/versions/{v}]   → 202 with the id and where the result will be
GET    /v1/async/{name}/{id}             how it stands
GET    /v1/async/{name}/{id}/result      the answer, as `/v2/models/{name}/infer` gives it; 202 before
DELETE /v1/async/{name}/{id}             cancel while it waits
"""

from contextlib import suppress
from typing import Any

import orjson

from core.errors import NoReplica, TidegateError, UnsupportedOperation
from core.http import JSON_TYPE, Reply
from core.oip import exchange as oip
from gateway.desk import Desk
from gateway.facade import Exchange
from gateway.plane import DataPlane
from gateway.scribe import Scribe
from registry.records import AsyncRequest


class AsynchronousFacade:
    """`/v1/async/`."""

    prefix = "/v1/async/"

    def __init__(self, plane: DataPlane, scribe: Scribe) -> None:
        self._plane = plane
        self._scribe = scribe

    async def answer(self, exchange: Exchange) -> Reply:
        """Answer one operation."""
        match exchange.path.removeprefix(self.prefix).split("/"):
            case [name] if name:
                return await self._submit(exchange, name, "")
            case [name, "versions", version] if name and version:
                return await self._submit(exchange, name, version)
            case [name, request] if name and request:
                return await self._show(exchange, name, request)
            case [name, request, "result"] if name and request:
                return await self._collect(exchange, name, request)
            case _:
                return oip.not_found()

    def write_error(self, error: TidegateError) -> Reply:
        """`{"error": "..."}` with the error's status, as the Open Inference Protocol has it."""
        return oip.write_error(error)

    def write_crash(self, request_id: str) -> Reply:
        """500 with the request's id."""
        return oip.write_document({"error": f"internal error, request {request_id}"}, 500)

    @property
    def _desk(self) -> Desk:
        if self._plane.desk is None:
            raise UnsupportedOperation("asynchronous inference")
        return self._plane.desk

    async def _submit(self, exchange: Exchange, name: str, version: str) -> Reply:
        if exchange.method != "POST":
            return oip.wrong_method()
        call = exchange.call(name, version)
        admitted = self._plane.admit(call, "async")
        body = await exchange.read(self._scribe.limits.body_bytes, admitted)
        # What can never be answered is refused now, while the caller is there.
        request = await self._scribe.read_infer(body, exchange.headers, exchange.take)
        with suppress(NoReplica):  # still loading: checked when it runs
            self._plane.resolve(call, admitted).signature.check(request)
        await self._plane.charge(call, admitted, request)
        accepted = await self._desk.accept(admitted, version, exchange.headers, body)
        return write_status(accepted, 202)

    async def _show(self, exchange: Exchange, name: str, request: str) -> Reply:
        if exchange.method not in ("GET", "DELETE"):
            return oip.wrong_method()
        found = await self._find(exchange, name, request)
        if exchange.method == "DELETE":
            await self._desk.cancel(found)
            found = await self._find(exchange, name, request)
        return write_status(found, 200)

    async def _collect(self, exchange: Exchange, name: str, request: str) -> Reply:
        if exchange.method != "GET":
            return oip.wrong_method()
        found = await self._find(exchange, name, request)
        if not found.state.is_final:
            return write_status(found, 202)
        return await self._desk.collect(found)

    async def _find(self, exchange: Exchange, name: str, request: str) -> AsyncRequest:
        admitted = self._plane.admit(exchange.call(name), "async")
        return await self._desk.find(admitted, request, is_private=self._plane.is_private)


def write_status(request: AsyncRequest, status: int) -> Reply:
    """How the request stands, and where to look next."""
    at = f"{AsynchronousFacade.prefix}{request.name}/{request.id}"
    document: dict[str, Any] = {
        "id": request.id,
        "model": request.name,
        "state": request.state.value,
        "status": at,
        "result": f"{at}/result",
        "attempts": request.attempts,
        "created_at": request.created_at,
        "finished_at": request.finished_at,
        "expires_at": request.expires_at,
    }
    if request.message:
        document["message"] = request.message
    headers = [JSON_TYPE, (b"location", at.encode())]
    if not request.state.is_final:
        headers.append((b"retry-after", b"1"))
    return Reply(status, headers, orjson.dumps(document))
