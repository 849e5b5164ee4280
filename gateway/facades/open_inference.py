"""The Open Inference Protocol over REST, with Triton's extensions that `GET /v2` names."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

from core.errors import MalformedRequest, TidegateError, UnsupportedOperation
from core.http import Reply, Streamed
from core.oip import documents
from core.oip import exchange as oip
from core.oip.generate import read_generate
from core.oip.paths import Call, Operation, parse_path
from core.oip.raw import is_raw, read_raw
from core.release import RELEASE
from core.tensor import InferRequest
from core.wire import read_object
from gateway import generation
from gateway.call import Call as PlaneCall
from gateway.entrance import Admitted
from gateway.facade import Exchange
from gateway.operator import EXTENSIONS, Operator
from gateway.plane import DataPlane
from gateway.scribe import Scribe

Answer = Callable[[Exchange, Call], Awaitable[Reply | Streamed]]
# Texts and settings: tensors of any size go to `infer`.
MAX_GENERATE_BYTES = 2**20
MAX_OPTIONS_BYTES = 2**16


class OpenInferenceFacade:
    """`/v2`."""

    prefix = "/v2"

    def __init__(self, plane: DataPlane, scribe: Scribe) -> None:
        self._plane = plane
        self._scribe = scribe
        self._operations: dict[Operation, Answer] = {
            Operation.INFER: self._infer,
            Operation.GENERATE: self._generate,
            Operation.GENERATE_STREAM: self._generate_stream,
            Operation.MODEL_METADATA: self._describe,
            Operation.MODEL_CONFIG: self._configure,
            Operation.MODEL_READY: self._is_model_ready,
            Operation.SERVER_LIVE: self._is_live,
            Operation.SERVER_READY: self._is_ready,
            Operation.SERVER_METADATA: self._describe_server,
            Operation.STATISTICS: self._count,
            Operation.REPOSITORY_INDEX: self._index,
            Operation.LOAD: self._load,
            Operation.UNLOAD: self._unload,
        }

    async def answer(self, exchange: Exchange) -> Reply | Streamed:
        """Answer one operation of the protocol."""
        call = parse_path(exchange.path)
        if call is None:
            return oip.not_found()
        method = "GET" if exchange.method == "HEAD" else exchange.method
        if call.method and call.method != method:
            return oip.refuse_method(method, call.method)
        answer = self._operations.get(call.operation)
        if answer is None:
            raise UnsupportedOperation(call.operation.value)
        return await answer(exchange, call)

    def write_error(self, error: TidegateError) -> Reply:
        """`{"error": "..."}` with the error's status."""
        return oip.write_error(error)

    def write_crash(self, request_id: str) -> Reply:
        """500 with the request's id."""
        return oip.write_document({"error": f"internal error, request {request_id}"}, 500)

    async def _infer(self, exchange: Exchange, call: Call) -> Reply:
        asked = exchange.call(call.model, call.version)
        # Whoever may not come in is told before a body is read.
        admitted = self._plane.admit(asked, "infer")
        request = await self._read_infer(exchange, asked, admitted)
        response = await self._plane.answer(asked, admitted, request)
        return await self._scribe.write_infer(request, response, exchange.headers)

    async def _read_infer(
        self, exchange: Exchange, asked: PlaneCall, admitted: Admitted
    ) -> InferRequest:
        limit = self._scribe.limits.body_bytes
        body = await exchange.read(limit, admitted)
        if not is_raw(exchange.headers):
            return await self._scribe.read_infer(body, exchange.headers, exchange.take)
        signature = self._plane.resolve(asked, admitted).signature
        return read_raw(oip.unpack(body, exchange.headers, limit), signature)

    async def _generate(self, exchange: Exchange, call: Call) -> Reply:
        async with aclosing(await self._begin(exchange, call)) as responses:
            return await generation.write_only(responses)

    async def _generate_stream(self, exchange: Exchange, call: Call) -> Streamed:
        return await generation.begin_events(await self._begin(exchange, call))

    async def _begin(self, exchange: Exchange, call: Call) -> generation.Responses:
        asked = exchange.call(call.model, call.version)
        admitted = self._plane.admit(asked, "infer")
        # The keys of the body mean what the signature says, so it is small JSON and read at once.
        limit = min(self._scribe.limits.json_bytes, MAX_GENERATE_BYTES)
        body = oip.unpack(await exchange.read(limit, admitted), exchange.headers, limit)
        signature = self._plane.resolve(asked, admitted).signature
        return self._plane.stream_admitted(asked, admitted, read_generate(body, signature))

    async def _describe(self, exchange: Exchange, call: Call) -> Reply:
        described = self._plane.describe(exchange.call(call.model, call.version))
        resident = described.resident
        document = documents.describe_model(
            described.name, described.versions, resident.platform, resident.signature
        )
        return oip.write_document(document)

    async def _configure(self, exchange: Exchange, call: Call) -> Reply:
        described = self._plane.describe(exchange.call(call.model, call.version))
        resident = described.resident
        batching = resident.spec.batching
        document = documents.configure_model(
            described.name,
            resident.platform,
            resident.signature,
            batching.max_rows,
            sequences=batching.sequences is not None,
        )
        return oip.write_document(document)

    async def _is_model_ready(self, exchange: Exchange, call: Call) -> Reply:
        ready = self._plane.is_model_ready(exchange.call(call.model, call.version))
        return oip.write_document({"name": call.model, "ready": ready}, 200 if ready else 503)

    async def _is_live(self, _exchange: Exchange, _call: Call) -> Reply:
        return oip.write_document({"live": True})

    async def _is_ready(self, _exchange: Exchange, _call: Call) -> Reply:
        ready = self._plane.is_ready
        return oip.write_document({"ready": ready}, 200 if ready else 503)

    async def _describe_server(self, _exchange: Exchange, _call: Call) -> Reply:
        more = EXTENSIONS if self._plane.operator is not None else ()
        return oip.write_document(documents.describe_server(RELEASE, more))

    async def _count(self, exchange: Exchange, call: Call) -> Reply:
        operator = self._find_operator(call)
        if call.model:
            admitted = self._plane.admit(exchange.call(call.model, call.version), "metadata")
            counted = await operator.count(admitted.name, admitted.served, call.version)
        else:
            operator.authenticate(exchange, exchange.arrived_at)
            counted = await operator.count_all()
        return oip.write_document({"model_stats": counted})

    async def _index(self, exchange: Exchange, call: Call) -> Reply:
        operator = self._find_operator(call)
        operator.authenticate(exchange, exchange.arrived_at)
        wanted = await self._read_options(exchange)
        ready_only = wanted.get("ready", False) is True
        return oip.write_document(operator.repository.index(ready_only=ready_only))

    async def _load(self, exchange: Exchange, call: Call) -> Reply:
        repository = self._find_operator(call).repository
        options = await self._read_options(exchange)
        parameters = options.get("parameters") or {}
        if not isinstance(parameters, dict):
            raise MalformedRequest("'parameters' must be an object")
        await repository.load(call.model, exchange.headers, parameters)
        return Reply(200, [])

    async def _unload(self, exchange: Exchange, call: Call) -> Reply:
        repository = self._find_operator(call).repository
        await self._read_options(exchange)
        await repository.unload(call.model, exchange.headers)
        return Reply(200, [])

    def _find_operator(self, call: Call) -> Operator:
        if self._plane.operator is None:
            raise UnsupportedOperation(call.operation.value)
        return self._plane.operator

    async def _read_options(self, exchange: Exchange) -> dict[str, Any]:
        body = await exchange.read(MAX_OPTIONS_BYTES)
        return read_object(body) if body.strip() else {}
